using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Tensor;

/// <summary>One warp that stages a tile, takes its fragments, and multiplies them.</summary>
internal static class FragmentKernels
{
    private const int Side = TensorSums.Side;

    public static void Multiply(FragmentOperands o)
    {
        ArrayView<Words> tokens = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords), rows = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords);
        int lane = Group.IdxX;
        for (int i = lane; i < Side * TensorFragments.RowWords; i += TensorSums.Lanes)
        {
            int place = TensorFragments.Place(i / TensorFragments.RowWords, i % TensorFragments.RowWords);
            tokens[place] = o.Tokens[i];
            rows[place] = o.Rows[i];
        }

        Group.Barrier();
        Words x0 = TensorFragments.Tokens(tokens, 0, o.Slice, lane), x1 = TensorFragments.Tokens(tokens, 16, o.Slice, lane);
        Pair w0 = TensorFragments.Weights(rows, 0, o.Slice, lane), w1 = TensorFragments.Weights(rows, 8, o.Slice, lane);
        Pair w2 = TensorFragments.Weights(rows, 16, o.Slice, lane), w3 = TensorFragments.Weights(rows, 24, o.Slice, lane);
        o.TokenFragments[lane] = x0;
        o.TokenFragments[32 + lane] = x1;
        o.RowFragments[lane] = w0;
        o.RowFragments[32 + lane] = w1;
        o.RowFragments[64 + lane] = w2;
        o.RowFragments[96 + lane] = w3;

        TensorSums sums = TensorSums.Start();
        sums.AddInt8(0, x0, w0, w1, w2, w3);
        sums.AddInt8(1, x1, w0, w1, w2, w3);
        for (int n = 0; n < 4; n++)
        {
            sums.ScaleInt8(n, 1, 1);
        }

        Store(sums, o.Products, 0);

        // The totals are cleared by their scale; sums were when they were scaled.
        sums.ScaleTokens(0, 0, 0);
        sums.ScaleTokens(1, 0, 0);
        sums.AddF16(0, x0, w0, w1, w2, w3);
        sums.AddF16(1, x1, w0, w1, w2, w3);
        for (int n = 0; n < 4; n++)
        {
            sums.ScaleF16(n, 1, 1);
        }

        Store(sums, o.Products, Side * Side);
    }

    private static void Store(TensorSums sums, ArrayView<float> products, int first)
    {
        for (int fragment = 0; fragment < 8; fragment++)
        {
            sums.Read(fragment, out float upperEven, out float upperOdd, out float lowerEven, out float lowerOdd);
            int token = (16 * (fragment / 4)) + (Group.IdxX / 4), row = (8 * (fragment % 4)) + (2 * (Group.IdxX % 4));
            products[first + (token * Side) + row] = upperEven;
            products[first + (token * Side) + row + 1] = upperOdd;
            products[first + ((token + 8) * Side) + row] = lowerEven;
            products[first + ((token + 8) * Side) + row + 1] = lowerOdd;
        }
    }
}

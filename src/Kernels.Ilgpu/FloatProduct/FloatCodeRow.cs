using ILGPU;
using ILGPU.Runtime;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Float activations × weight codes for few tokens: a warp reads a packed row once, 16 bytes a lane.</summary>
internal static class FloatCodeRow
{
    /// <summary>Computes one row of one token a warp. Grid and group: <see cref="RowPlace"/>.</summary>
    /// <remarks>Activations are padded with zeros to whole blocks of columns.</remarks>
    public static void Multiply<TFormat>(FloatOperands o)
        where TFormat : struct, ICodeFormat
    {
        RowPlace place = new(o.FirstRow, o.EndRow);
        int token = place.Token, row = place.Row, lane = Group.IdxX;
        ArrayView<Words> weights = o.Weights.AsAligned(Words.Bytes), activations = o.Activations.AsAligned(Words.Bytes).Cast<Words>();
        float scaled = 0;
        for (int i = lane; i < o.WordsPerRow; i += Warp.WarpSize)
        {
            Words packed = weights[(row * (long)o.WordsPerRow) + i];
            int firstColumn = (i / 2 * 32 * TFormat.Fields) + (i % 2 * 16);
            for (int field = 0; field < TFormat.Fields; field++)
            {
                int column = firstColumn + (32 * field);
                if (column < o.Columns)
                {
                    long x = ((token * (long)o.ActivationStride) + column) / 4;
                    float sum = Add(TFormat.Codes(packed.A, field), activations[x], 0);
                    sum = Add(TFormat.Codes(packed.B, field), activations[x + 1], sum);
                    sum = Add(TFormat.Codes(packed.C, field), activations[x + 2], sum);
                    sum = Add(TFormat.Codes(packed.D, field), activations[x + 3], sum);
                    scaled += o.WeightScales[(row * (long)o.Groups) + (column / o.GroupSize)] * sum;
                }
            }
        }

        scaled = WarpReduction.Sum(scaled + o.Side(token, row, lane, Warp.WarpSize));
        if (lane == 0)
        {
            o.Store(token, place.Asked, scaled);
        }
    }

    private static float Add(int codes, Words x, float sum)
    {
        sum += ByteDot.Byte(codes, 0) * Interop.IntAsFloat((uint)x.A);
        sum += ByteDot.Byte(codes, 1) * Interop.IntAsFloat((uint)x.B);
        sum += ByteDot.Byte(codes, 2) * Interop.IntAsFloat((uint)x.C);
        return sum + (ByteDot.Byte(codes, 3) * Interop.IntAsFloat((uint)x.D));
    }
}

using ILGPU;
using ILGPU.Runtime;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.CodeProduct;

/// <summary>Activation codes × weight codes for many tokens on tensor cores: a group brings 128 columns of both operands to shared memory at a time, weights unpacked to bytes.</summary>
internal static class CodeTensor
{
    private const int Side = TensorSums.GroupSide, Threads = TensorSums.Lanes * TensorSums.Warps;

    /// <summary>Computes 64 tokens × 64 rows a group. Grid <c>[ceil(rows / 64), ceil(tokens / 64)]</c>, group <c>[32, 4]</c>.</summary>
    public static void Multiply<TFormat>(CodeOperands o)
        where TFormat : struct, ICodeFormat
    {
        ArrayView<Words> tokens = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords), rows = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords);
        int lane = Group.IdxX, warpToken = TensorSums.Side * (Group.IdxY / 2), warpRow = TensorSums.Side * (Group.IdxY % 2);
        int firstRow = o.FirstRow + (Grid.IdxX * Side), firstToken = Grid.IdxY * Side;
        bool isNeeded = firstToken + warpToken < o.Tokens && firstRow + warpRow < o.EndRow;
        TensorSums sums = TensorSums.Start();
        int group = 0, groupEnd = IntrinsicMath.Min(o.GroupSize, o.Columns);
        for (int first = 0; first < o.Columns; first += TensorFragments.RowBytes)
        {
            LoadTokens(o, firstToken, first, tokens);
            LoadRows<TFormat>(o, firstRow, first, rows);
            Group.Barrier();
            for (int slice = 0; isNeeded && slice < 4 && first + (32 * slice) < o.Columns; slice++)
            {
                Pair w0 = TensorFragments.Weights(rows, warpRow, slice, lane), w1 = TensorFragments.Weights(rows, warpRow + 8, slice, lane);
                Pair w2 = TensorFragments.Weights(rows, warpRow + 16, slice, lane), w3 = TensorFragments.Weights(rows, warpRow + 24, slice, lane);
                sums.AddInt8(0, TensorFragments.Tokens(tokens, warpToken, slice, lane), w0, w1, w2, w3);
                sums.AddInt8(1, TensorFragments.Tokens(tokens, warpToken + 16, slice, lane), w0, w1, w2, w3);
                if (first + (32 * (slice + 1)) >= groupEnd)
                {
                    int row = firstRow + warpRow + (2 * (lane % 4));
                    sums.ScaleInt8(0, Scale(o, row, group), Scale(o, row + 1, group));
                    sums.ScaleInt8(1, Scale(o, row + 8, group), Scale(o, row + 9, group));
                    sums.ScaleInt8(2, Scale(o, row + 16, group), Scale(o, row + 17, group));
                    sums.ScaleInt8(3, Scale(o, row + 24, group), Scale(o, row + 25, group));
                    group++;
                    groupEnd = IntrinsicMath.Min(groupEnd + o.GroupSize, o.Columns);
                }
            }

            Group.Barrier();
        }

        int token = firstToken + warpToken + (lane / 4);
        sums.ScaleTokens(0, TokenScale(o, token), TokenScale(o, token + 8));
        sums.ScaleTokens(1, TokenScale(o, token + 16), TokenScale(o, token + 24));
        TensorResults results = new()
        {
            FirstToken = token,
            FirstRow = firstRow + warpRow + (2 * (lane % 4)),
            Tokens = o.Tokens,
            EndRow = o.EndRow,
            Rows = o.Rows,
            Preserved = o.Preserved,
            PreservedActivations = o.PreservedActivations,
            PreservedColumns = o.PreservedColumns,
            Products = o.Products,
        };
        results.Complete(sums);
    }

    // Tokens behind the last repeat it, and rows too; neither are stored. Activation codes are 0 behind the last column, so whatever weights meet them there adds nothing.
    private static void LoadTokens(CodeOperands o, int firstToken, int firstColumn, ArrayView<Words> tile)
    {
        ArrayView<Words> activations = o.Activations.AsAligned(Words.Bytes);
        for (int i = (32 * Group.IdxY) + Group.IdxX; i < Side * TensorFragments.RowWords; i += Threads)
        {
            int token = IntrinsicMath.Min(firstToken + (i / TensorFragments.RowWords), o.Tokens - 1), word = i % TensorFragments.RowWords;
            tile[TensorFragments.Place(i / TensorFragments.RowWords, word)] = activations[(token * (long)o.WordsPerToken) + (firstColumn / Words.Bytes) + word];
        }
    }

    private static void LoadRows<TFormat>(CodeOperands o, int firstRow, int firstColumn, ArrayView<Words> tile)
        where TFormat : struct, ICodeFormat
    {
        ArrayView<Words> weights = o.Weights.AsAligned(Words.Bytes);
        int packedWords = TensorFragments.RowWords / TFormat.Fields;
        for (int i = (32 * Group.IdxY) + Group.IdxX; i < Side * packedWords; i += Threads)
        {
            int place = i / packedWords, part = i % packedWords, word = (firstColumn / (Words.Bytes * TFormat.Fields)) + part;
            int row = IntrinsicMath.Min(firstRow + place, o.EndRow - 1);
            Words packed = weights[(row * (long)o.WordsPerRow) + IntrinsicMath.Min(word, o.WordsPerRow - 1)];
            for (int field = 0; field < TFormat.Fields; field++)
            {
                // Two times 16 bytes are a block; each field of a block is a slice.
                int slice = (part / 2 * TFormat.Fields) + field;
                tile[TensorFragments.Place(place, (2 * slice) + (part % 2))] = new Words
                {
                    A = TFormat.Codes(packed.A, field),
                    B = TFormat.Codes(packed.B, field),
                    C = TFormat.Codes(packed.C, field),
                    D = TFormat.Codes(packed.D, field),
                };
            }
        }
    }

    private static float Scale(CodeOperands o, int row, int group) => o.WeightScales[(IntrinsicMath.Min(row, o.EndRow - 1) * (long)o.Groups) + group];

    private static float TokenScale(CodeOperands o, int token) => o.ActivationScales[IntrinsicMath.Min(token, o.Tokens - 1)];
}

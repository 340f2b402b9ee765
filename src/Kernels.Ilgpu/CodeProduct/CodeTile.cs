using ILGPU;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.CodeProduct;

/// <summary>Activation codes × weight codes for many tokens, without tensor cores: a group brings 32 columns of both operands to shared memory at a time.</summary>
internal static class CodeTile
{
    /// <summary>The most threads of a group in one direction; a tile has twice as many rows and tokens as its group has threads.</summary>
    public const int MostThreads = 16;

    // Four codes a word; one word more a row keeps neighbouring rows in different banks.
    private const int SliceWords = 8, Stride = SliceWords + 1;

    /// <summary>Computes two rows of two tokens a thread. Grid <c>[ceil(rows / 2x), ceil(tokens / 2y)]</c>, group <c>[x, y]</c>.</summary>
    public static void Multiply<TFormat>(CodeOperands o)
        where TFormat : struct, ICodeFormat
    {
        ArrayView<int> rows = SharedMemory.Allocate<int>(2 * MostThreads * Stride), tokens = SharedMemory.Allocate<int>(2 * MostThreads * Stride);
        int firstRow = o.FirstRow + (Grid.IdxX * 2 * Group.DimX), firstToken = Grid.IdxY * 2 * Group.DimY;
        int row0 = 2 * Group.IdxX, row1 = row0 + 1, token0 = 2 * Group.IdxY, token1 = token0 + 1;
        int sum00 = 0, sum01 = 0, sum10 = 0, sum11 = 0;
        float scaled00 = 0, scaled01 = 0, scaled10 = 0, scaled11 = 0;
        int slices = (o.Columns + 31) / 32, group = 0, groupEnd = IntrinsicMath.Min(o.GroupSize, o.Columns);
        for (int slice = 0; slice < slices; slice++)
        {
            for (int i = Group.LinearIndex; i < 2 * Group.DimX * SliceWords; i += Group.DimX * Group.DimY)
            {
                // Rows behind the last repeat it, and are not stored.
                int row = IntrinsicMath.Min(firstRow + (i / SliceWords), o.EndRow - 1);
                int word = o.Weights.Cast<int>()[(row * 4L * o.WordsPerRow) + (slice / TFormat.Fields * SliceWords) + (i % SliceWords)];
                rows[(i / SliceWords * Stride) + (i % SliceWords)] = TFormat.Codes(word, slice % TFormat.Fields);
            }

            for (int i = Group.LinearIndex; i < 2 * Group.DimY * SliceWords; i += Group.DimX * Group.DimY)
            {
                int token = IntrinsicMath.Min(firstToken + (i / SliceWords), o.Tokens - 1);
                tokens[(i / SliceWords * Stride) + (i % SliceWords)] = o.Activations.Cast<int>()[(token * 4L * o.WordsPerToken) + (slice * SliceWords) + (i % SliceWords)];
            }

            Group.Barrier();
            for (int i = 0; i < SliceWords; i++)
            {
                int w0 = rows[(row0 * Stride) + i], w1 = rows[(row1 * Stride) + i], x0 = tokens[(token0 * Stride) + i], x1 = tokens[(token1 * Stride) + i];
                sum00 = ByteDot.Add(w0, x0, sum00);
                sum01 = ByteDot.Add(w0, x1, sum01);
                sum10 = ByteDot.Add(w1, x0, sum10);
                sum11 = ByteDot.Add(w1, x1, sum11);
            }

            Group.Barrier();
            if (32 * (slice + 1) >= groupEnd)
            {
                float scale0 = Scale(o, firstRow + row0, group), scale1 = Scale(o, firstRow + row1, group);
                scaled00 += scale0 * sum00;
                scaled01 += scale0 * sum01;
                scaled10 += scale1 * sum10;
                scaled11 += scale1 * sum11;
                (sum00, sum01, sum10, sum11) = (0, 0, 0, 0);
                group++;
                groupEnd = IntrinsicMath.Min(groupEnd + o.GroupSize, o.Columns);
            }
        }

        o.Store(firstToken + token0, firstRow + row0, scaled00);
        o.Store(firstToken + token1, firstRow + row0, scaled01);
        o.Store(firstToken + token0, firstRow + row1, scaled10);
        o.Store(firstToken + token1, firstRow + row1, scaled11);
    }

    private static float Scale(CodeOperands o, int row, int group) => o.WeightScales[(IntrinsicMath.Min(row, o.EndRow - 1) * (long)o.Groups) + group];
}

using ILGPU;
using OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Float activations × any weights for many tokens, without tensor cores: a group brings 16 columns of both operands to shared memory at a time.</summary>
internal static class FloatTile
{
    /// <summary>The most threads of a group in one direction; a tile has twice as many rows and tokens as its group has threads.</summary>
    public const int MostThreads = 16;

    // One column more a row keeps neighbouring rows in different banks.
    private const int Depth = 16, Stride = Depth + 1;

    /// <summary>Computes two rows of two tokens a thread. Grid <c>[ceil(rows / 2x), ceil(tokens / 2y)]</c>, group <c>[x, y]</c>.</summary>
    public static void Multiply<TWeight>(FloatOperands o)
        where TWeight : struct, IWeight
    {
        ArrayView<float> rows = SharedMemory.Allocate<float>(2 * MostThreads * Stride), tokens = SharedMemory.Allocate<float>(2 * MostThreads * Stride);
        int firstRow = o.FirstRow + (Grid.IdxX * 2 * Group.DimX), firstToken = Grid.IdxY * 2 * Group.DimY;
        int row0 = 2 * Group.IdxX, row1 = row0 + 1, token0 = 2 * Group.IdxY, token1 = token0 + 1;
        int tileRows = 2 * Group.DimX;
        float sum00 = 0, sum01 = 0, sum10 = 0, sum11 = 0;
        for (int first = 0; first < o.Columns; first += Depth)
        {
            for (int i = Group.LinearIndex; i < tileRows * Depth; i += Group.DimX * Group.DimY)
            {
                // Neighbouring threads read neighbouring elements, whichever dimension is the inner one.
                int r = o.ColumnStride == 1 ? i / Depth : i % tileRows, c = o.ColumnStride == 1 ? i % Depth : i / tileRows;

                // Rows behind the last repeat it, and are not stored; columns behind the last are 0 in both operands.
                int row = IntrinsicMath.Min(firstRow + r, o.EndRow - 1);
                rows[(r * Stride) + c] = first + c < o.Columns ? TWeight.At(o, row, first + c) : 0;
            }

            for (int i = Group.LinearIndex; i < 2 * Group.DimY * Depth; i += Group.DimX * Group.DimY)
            {
                int token = IntrinsicMath.Min(firstToken + (i / Depth), o.Tokens - 1), c = i % Depth;
                tokens[(i / Depth * Stride) + c] = first + c < o.Columns ? o.Activations[(token * (long)o.ActivationStride) + first + c] : 0;
            }

            Group.Barrier();
            for (int i = 0; i < Depth; i++)
            {
                float w0 = rows[(row0 * Stride) + i], w1 = rows[(row1 * Stride) + i], x0 = tokens[(token0 * Stride) + i], x1 = tokens[(token1 * Stride) + i];
                sum00 += w0 * x0;
                sum01 += w0 * x1;
                sum10 += w1 * x0;
                sum11 += w1 * x1;
            }

            Group.Barrier();
        }

        Store(o, firstToken + token0, firstRow + row0, sum00);
        Store(o, firstToken + token1, firstRow + row0, sum01);
        Store(o, firstToken + token0, firstRow + row1, sum10);
        Store(o, firstToken + token1, firstRow + row1, sum11);
    }

    private static void Store(FloatOperands o, int token, int row, float sum)
    {
        if (row < o.EndRow && token < o.Tokens)
        {
            o.Store(token, row, sum + o.Side(token, row, 0, 1));
        }
    }
}

using System.Runtime.InteropServices;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.TiledProduct.BF16;
using OutlierQuant.Models;

namespace OutlierQuant.Training.Numerics;

/// <summary>Products of binary32 matrices by the float matmul kernel, shared out over the threads.</summary>
internal static class MatrixProduct
{
    // Measured: the factors of such a cell stay in the second-level cache, which makes products of many columns a sixth faster than whole rows do.
    // Vector kernels take six tokens at a time, and 128 rows.
    private const int TokensPerCell = 252;
    private const int TokensPerTile = 6;
    private const int RowsPerCell = 128;

    /// <summary>Computes <c>product[t, r] = Σ_c left[t, c] · right[r, c]</c>.</summary>
    /// <param name="context">Kernels and threads.</param>
    /// <param name="left">Shape [tokens, columns].</param>
    /// <param name="tokens">Number of rows of the left factor.</param>
    /// <param name="right">Shape [rows, columns], or [columns, rows] if it lies transposed.</param>
    /// <param name="rows">Number of rows of the right factor.</param>
    /// <param name="columns">Number of products in each sum.</param>
    /// <param name="isTransposed">Whether the right factor lies transposed.</param>
    /// <param name="product">Receives the result. Shape [tokens, rows].</param>
    public static void Multiply(
        ComputeContext context, ReadOnlyMemory<float> left, int tokens, ReadOnlyMemory<float> right, int rows, int columns, bool isTransposed, Memory<float> product)
    {
        IFloatMatmulKernel kernel = context.Suite.FloatMatmul;
        left = left[..(tokens * columns)];
        right = right[..(rows * columns)];
        product = product[..(tokens * rows)];
        bool needsOwnThreads = kernel.NeedsOwnThreads(FloatType.F32, tokens);
        using FloatActivationTiles? tiles = kernel.Reserve(FloatType.F32, tokens, columns);
        if (tiles is not null)
        {
            // Such a kernel brings the left factor into a form of its own, once for all rows.
            context.Team.Run(tiles.Strips, 1, (first, count) => tiles.Fill(left.Span, first, count));
            context.Team.Run(rows, kernel.RowGranularity, (first, count) =>
                kernel.Multiply(left.Span, tokens, Factor(right.Span, rows, columns, isTransposed), first, count, product.Span, tiles), needsOwnThreads);
            return;
        }

        int height = StripHeight(tokens), strips = (tokens + height - 1) / height, bands = (rows + RowsPerCell - 1) / RowsPerCell;
        context.Team.Run(strips * bands, 1, (first, count) =>
        {
            for (int cell = first; cell < first + count; cell++)
            {
                int token = cell / bands * height, row = cell % bands * RowsPerCell, taken = Math.Min(height, tokens - token);
                kernel.Multiply(
                    left.Span.Slice(token * columns, taken * columns), taken, Factor(right.Span, rows, columns, isTransposed), row, Math.Min(RowsPerCell, rows - row),
                    product.Span.Slice(token * rows, taken * rows));
            }
        }, needsOwnThreads);
    }

    /// <summary>The tokens of a cell: about as many in each, in whole tiles.</summary>
    private static int StripHeight(int tokens)
    {
        int strips = Math.Max(1, (tokens + (TokensPerCell / 2)) / TokensPerCell), even = (tokens + strips - 1) / strips;
        return (even + TokensPerTile - 1) / TokensPerTile * TokensPerTile;
    }

    /// <summary>A matrix in memory as the kernel's right factor.</summary>
    public static FloatWeights Factor(ReadOnlySpan<float> values, int rows, int columns, bool isTransposed) => new()
    {
        Elements = MemoryMarshal.AsBytes(values),
        Type = FloatType.F32,
        Rows = rows,
        Columns = columns,
        IsTransposed = isTransposed,
    };
}

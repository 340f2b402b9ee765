using OutlierQuant.Kernels;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Models;

namespace OutlierQuant.Training.Numerics;

/// <summary>Products of binary32 matrices by the float matmul kernel, shared out over the threads.</summary>
internal static class MatrixProduct
{
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
        using PreparedFloats? prepared = kernel.Reserve(FloatType.F32, tokens, columns);
        if (prepared is not null)
        {
            context.Team.Run(prepared.Pieces, 1, (first, count) => prepared.Fill(left.Span, first, count));
        }

        context.Team.Run(rows, kernel.RowGranularity, (first, count) =>
            kernel.Multiply(left.Span, tokens, FloatWeights.OfFloats(right.Span, rows, columns, isTransposed), first, count, product.Span, prepared), kernel.NeedsOwnThreads(FloatType.F32, tokens));
    }
}

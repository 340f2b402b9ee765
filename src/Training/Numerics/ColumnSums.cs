using System.Numerics.Tensors;
using OutlierQuant.Models;

namespace OutlierQuant.Training.Numerics;

/// <summary>Sums over the rows of a matrix, in an order that does not depend on the threads: parts of a fixed number of rows, then the parts in order.</summary>
internal static class ColumnSums
{
    /// <summary>The rows that one part covers.</summary>
    public const int RowsPerPart = 32;

    /// <summary>The number of parts that rows make.</summary>
    public static int Parts(int rows) => (rows + RowsPerPart - 1) / RowsPerPart;

    /// <summary>Computes <c>sums[c] = Σ_r matrix[r, c]</c>.</summary>
    /// <param name="context">Threads.</param>
    /// <param name="matrix">Shape [rows, columns].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="parts">Memory for the parts, at least <see cref="Parts"/> · columns.</param>
    /// <param name="sums">Receives the sums. Shape [columns].</param>
    public static void Compute(ComputeContext context, ReadOnlyMemory<float> matrix, int rows, Memory<float> parts, Memory<float> sums)
    {
        int columns = sums.Length;
        context.Team.Run(Parts(rows), 1, (first, count) =>
        {
            for (int part = first; part < first + count; part++)
            {
                Span<float> sum = parts.Span.Slice(part * columns, columns);
                sum.Clear();
                for (int row = part * RowsPerPart; row < Math.Min((part + 1) * RowsPerPart, rows); row++)
                {
                    TensorPrimitives.Add(sum, matrix.Span.Slice(row * columns, columns), sum);
                }
            }
        });
        AddParts(parts.Span, Parts(rows), sums.Span);
    }

    /// <summary>Computes <c>sums[c] = Σ_p parts[p, c]</c>.</summary>
    public static void AddParts(ReadOnlySpan<float> parts, int count, Span<float> sums)
    {
        sums.Clear();
        for (int part = 0; part < count; part++)
        {
            TensorPrimitives.Add(sums, parts.Slice(part * sums.Length, sums.Length), sums);
        }
    }
}

using OutlierQuant.Models.Blocks;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Optimization;

/// <summary>All parameters in stretches of limited length, which do not depend on the threads that take them.</summary>
internal static class ParameterChunks
{
    private const int Longest = 1 << 14;

    /// <summary>Cuts every parameter by itself.</summary>
    public static IReadOnlyList<Chunk> Of(ParameterSet set) =>
    [
        .. from parameter in set.All
           from start in Enumerable.Range(0, (parameter.Length + Longest - 1) / Longest)
           let offset = start * Longest
           select new Chunk(parameter.Offset + offset, Math.Min(Longest, parameter.Length - offset), parameter.Decays),
    ];

    /// <summary>Computes the root of the sum of all squares, chunk after chunk, in binary64.</summary>
    public static double Norm(IReadOnlyList<Chunk> chunks, float[] values, Models.ComputeContext compute)
    {
        double[] squares = new double[chunks.Count];
        compute.Team.Run(chunks.Count, 1, (first, count) =>
        {
            for (int i = first; i < first + count; i++)
            {
                squares[i] = RowSum.OfSquares(values.AsSpan(chunks[i].Start, chunks[i].Length));
            }
        });
        double sum = 0;
        foreach (double square in squares)
        {
            sum += square;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>A stretch of one parameter.</summary>
    /// <param name="Start">Where it begins in the set.</param>
    /// <param name="Length">Number of values.</param>
    /// <param name="Decays">Whether weight decay applies.</param>
    internal readonly record struct Chunk(int Start, int Length, bool Decays);
}

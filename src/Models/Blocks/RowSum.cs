using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Models.Blocks;

/// <summary>Sums over a row in binary64, always in the same order.</summary>
/// <remarks>
/// TensorPrimitives has these sums, but starts its vectors where memory is aligned, so that the same row gives other bits at another address.
/// The vectors here have a fixed width for the same reason.
/// </remarks>
internal static class RowSum
{
    /// <summary>Computes <c>Σ row[i]</c>.</summary>
    public static double Of(ReadOnlySpan<float> row)
    {
        // Lane i of the pair holds the elements whose index is i modulo 8.
        Vector256<double> lower = default;
        Vector256<double> upper = default;
        ReadOnlySpan<Vector256<float>> vectors = MemoryMarshal.Cast<float, Vector256<float>>(row);
        foreach (Vector256<float> vector in vectors)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(vector);
            lower += low;
            upper += high;
        }

        double sum = SumLanes(lower + upper);
        foreach (float value in row[(vectors.Length * Vector256<float>.Count)..])
        {
            sum += value;
        }

        return sum;
    }

    /// <summary>Computes <c>Σ row[i]²</c>.</summary>
    public static double OfSquares(ReadOnlySpan<float> row)
    {
        Vector256<double> lower = default;
        Vector256<double> upper = default;
        ReadOnlySpan<Vector256<float>> vectors = MemoryMarshal.Cast<float, Vector256<float>>(row);
        foreach (Vector256<float> vector in vectors)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(vector);
            lower += low * low;
            upper += high * high;
        }

        double sum = SumLanes(lower + upper);
        foreach (float value in row[(vectors.Length * Vector256<float>.Count)..])
        {
            sum += (double)value * value;
        }

        return sum;
    }

    private static double SumLanes(Vector256<double> lanes) => (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

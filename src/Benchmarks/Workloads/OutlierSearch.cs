using System.Numerics;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Finds the channels in which any activation exceeds a threshold: what a runtime has to do on every call that does not know them beforehand.</summary>
internal sealed class OutlierSearch(int rows, int columns)
{
    /// <summary>The magnitude above which LLM.int8() keeps a channel in float (Dettmers et al. 2022, arXiv:2208.07339, section 3.2).</summary>
    public const float Threshold = 6;

    // A thread takes runs of this many channels of all rows: 2 KiB of each.
    private const int Run = 512;

    private readonly float[] _largest = new float[columns];

    /// <summary>Searches all activations.</summary>
    /// <param name="source">Shape <c>[rows, columns]</c>.</param>
    /// <param name="team">Shares the channels.</param>
    /// <returns>The channels found, in rising order.</returns>
    public int[] Find(float[] source, WorkerTeam team)
    {
        team.Run(columns, Run, (first, count) =>
        {
            Span<float> largest = _largest.AsSpan(first, count);
            largest.Clear();
            for (int row = 0; row < rows; row++)
            {
                TakeLargest(largest, source.AsSpan((row * columns) + first, count));
            }
        });
        List<int> found = [];
        for (int c = 0; c < columns; c++)
        {
            if (_largest[c] > Threshold)
            {
                found.Add(c);
            }
        }

        return [.. found];
    }

    private static void TakeLargest(Span<float> largest, ReadOnlySpan<float> values)
    {
        Span<Vector<float>> largestLanes = MemoryMarshal.Cast<float, Vector<float>>(largest);
        ReadOnlySpan<Vector<float>> lanes = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < largestLanes.Length; i++)
        {
            largestLanes[i] = Vector.Max(largestLanes[i], Vector.Abs(lanes[i]));
        }

        for (int i = largestLanes.Length * Vector<float>.Count; i < largest.Length; i++)
        {
            largest[i] = MathF.Max(largest[i], MathF.Abs(values[i]));
        }
    }
}

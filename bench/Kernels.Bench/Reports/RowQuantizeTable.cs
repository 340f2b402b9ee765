using System.Diagnostics;
using System.Globalization;
using OutlierQuant.Kernels.Bench.Ceilings;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Measures rounding activations to int8, token by token over all cores, against reading memory.</summary>
internal static class RowQuantizeTable
{
    private static readonly int[] _tokenCounts = [1, 8, 128, 512];

    /// <summary>Gets the heading, then measures and gives each row.</summary>
    public static IEnumerable<string> Lines(WorkerTeam team, MachineCeilings ceilings, int samples)
    {
        yield return "Quantizing activations. One read of the floats and one write of the codes count; up to 128 tokens they stay in the caches, so that a share of memory speed may exceed 100 %.";
        yield return "";
        yield return "| scale | columns | tokens | µs | GB/s | memory GB/s | share | reference µs | times faster |";
        yield return "|---|--:|--:|--:|--:|--:|--:|--:|--:|";
        foreach (bool isStatic in (bool[])[true, false])
        {
            foreach (int columns in (int[])[4096, 11008])
            {
                foreach (int tokens in _tokenCounts)
                {
                    yield return Measure(isStatic, columns, tokens, team, ceilings, samples);
                }
            }
        }
    }

    private static string Measure(bool isStatic, int columns, int tokens, WorkerTeam team, MachineCeilings ceilings, int samples)
    {
        float[] source = RowQuantizeBench.RandomRow(tokens * columns);
        sbyte[] codes = new sbyte[source.Length];
        double[] simd = new double[samples], reference = new double[samples], memory = new double[samples];
        Measurement.WarmUp(() => Time(KernelSuite.Fastest));
        Measurement.WarmUp(() => Time(KernelSuite.Reference));
        for (int i = 0; i < samples; i++)
        {
            memory[i] = ceilings.DramRead();
            simd[i] = Time(KernelSuite.Fastest);
            reference[i] = Time(KernelSuite.Reference);
        }

        double seconds = Measurement.Median(simd), slow = Measurement.Median(reference), ceiling = Measurement.Median(memory);
        double rate = source.Length * (sizeof(float) + sizeof(sbyte)) / seconds / 1e9;
        return string.Create(CultureInfo.InvariantCulture, $"| {(isStatic ? "static" : "per token")} | {columns} | {tokens} | {seconds * 1e6:F1} | {rate:F1} | {ceiling:F1} | {rate / ceiling:P0} | {slow * 1e6:F0} | {slow / seconds:F0} |");

        double Time(KernelSuite suite)
        {
            long start = Stopwatch.GetTimestamp();
            team.Run(tokens, 1, (first, count) =>
            {
                for (int t = first; t < first + count; t++)
                {
                    ReadOnlySpan<float> row = source.AsSpan(t * columns, columns);
                    float scale = isStatic ? 0.004f : suite.RowQuantize.AbsMax(row, []) / 127;
                    suite.RowQuantize.Quantize(row, [], scale, 127, codes.AsSpan(t * columns, columns), []);
                }
            });
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}

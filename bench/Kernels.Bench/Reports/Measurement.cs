using System.Diagnostics;
using OutlierQuant.Kernels.Bench.Ceilings;
using OutlierQuant.Kernels.Bench.Workloads;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Medians of one product and of the ceilings, measured in turn.</summary>
/// <param name="Product">What was measured.</param>
/// <param name="Seconds">Median time of the product.</param>
/// <param name="ReferenceSeconds">Median time of the reference, scaled up from a few rows.</param>
/// <param name="DramBytesPerSecond">Median of reading memory.</param>
/// <param name="PeakOperationsPerSecond">Median of the arithmetic that the product uses.</param>
internal sealed record Measurement(ProductCase Product, double Seconds, double ReferenceSeconds, double DramBytesPerSecond, double PeakOperationsPerSecond)
{
    private const int ReferenceRows = 16;

    /// <summary>Gets the time that memory alone needs.</summary>
    public double MemorySeconds => Product.Bytes / DramBytesPerSecond;

    /// <summary>Gets the time that arithmetic alone needs.</summary>
    public double ArithmeticSeconds => Product.Operations / PeakOperationsPerSecond;

    /// <summary>Gets the share of the nearer ceiling that was reached.</summary>
    public double Share => Math.Max(MemorySeconds, ArithmeticSeconds) / Seconds;

    /// <summary>Measures one product. A sample of each ceiling goes with every sample of the product, so that a busy neighbour slows all alike.</summary>
    public static Measurement Take(ProductCase product, WorkerTeam team, MachineCeilings ceilings, int samples)
    {
        Workload workload = Workload.Create(product);
        void Simd() => workload.Multiply(KernelSuite.Fastest, team, product.Rows);
        WarmUp(Simd);
        double[] times = new double[samples], reads = new double[samples], peaks = new double[samples];
        for (int i = 0; i < samples; i++)
        {
            reads[i] = ceilings.DramRead() * 1e9;
            peaks[i] = (product.HasIntegerActivations ? ceilings.Int8() : ceilings.Binary32()) * 1e9;
            times[i] = Time(Simd);
        }

        void Reference() => workload.Multiply(KernelSuite.Reference, team, ReferenceRows);
        double reference = Median([.. Enumerable.Range(0, 3).Select(_ => Time(Reference))]) * product.Rows / ReferenceRows;
        return new(product, Median(times), reference, Median(reads), Median(peaks));
    }

    // Long enough for the runtime to compile the loops a second time, with what it has seen.
    internal static void WarmUp(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < 0.7; i++)
        {
            action();
        }
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    internal static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}

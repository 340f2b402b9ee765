using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Benchmarks.Devices;

/// <summary>Measures a device's memory, and its products against it.</summary>
public static class DeviceBenchmarkRun
{
    // More than any device's caches hold.
    private const long RotationBytes = 192L << 20;
    private const long CopyBytes = 128L << 20;
    private const int LeastShareOfMemory = 8;

    private static readonly SamplingBudget Thorough = new(5, 51, TimeSpan.FromSeconds(0.4));
    private static readonly SamplingBudget Short = new(3, 7, TimeSpan.FromSeconds(0.15));

    /// <summary>Measures.</summary>
    /// <param name="device">The device.</param>
    /// <param name="options">What to measure; suite and threads are the CPU's and do not count.</param>
    /// <param name="progress">Called before each case; may be null.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <exception cref="ArgumentException">A shape is too large for this machine.</exception>
    /// <exception cref="DeviceMemoryException">A product does not fit the device.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DeviceBenchmarkReport Run(IDevice device, BenchmarkOptions options, Action<BenchmarkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        TimeProvider clock = TimeProvider.System;
        long start = clock.GetTimestamp();
        MachineDescription machine = MachineDescription.OfThisMachine();
        BenchmarkMemory.Check(options, machine);
        long largest = Math.Min(device.Description.LargestBufferBytes, device.Description.MemoryBytes / LeastShareOfMemory), rotation = Math.Min(RotationBytes, largest);

        // What disturbs a device cannot be seen from here, so every sample counts: the guard takes no time.
        InterleavedSampler sampler = new(clock, static () => { });
        using DeviceCopy copy = new(device, Math.Min(CopyBytes, largest));
        List<DeviceBenchmarkResult> results = [];
        List<double> copies = [];
        ProductCase[] cases = [.. from shape in options.Shapes from kernel in options.Kernels from rows in options.Rows select new ProductCase(kernel, shape, rows)];
        for (int i = 0; i < cases.Length; i++)
        {
            ProductCase product = cases[i];
            progress?.Invoke(new(i, cases.Length, $"{product.Kernel.Name} {product.Shape}, {product.Rows} rows"));
            int[] channels = RandomValues.Channels(options.PreservedCounts.Max(), product.Shape.InFeatures);
            RotatingWeights weights = new(product.Kernel, product.Shape, channels, 0);
            foreach (int count in product.Kernel.CodeWeights is null ? [0] : options.PreservedCounts)
            {
                cancellation.ThrowIfCancellationRequested();
                using DeviceArm arm = new(device, product, weights, [.. channels.Take(count).Order()], rotation);
                arm.Fit(clock);
                IReadOnlyList<ArmSamples> samples = sampler.Measure([copy, arm], options.IsQuick ? Short : Thorough, cancellation);
                double copyBytesPerSecond = copy.Bytes / samples[0].RunSeconds;
                copies.Add(copyBytesPerSecond / 1e9);
                results.AddRange(Results(product, arm, samples[1], copyBytesPerSecond));
            }
        }

        return new()
        {
            Machine = machine,
            Device = device.Description,
            Ceilings = new(ArmSamples.Median(copies)),
            Results = results,
            RotationBytes = rotation,
            Seconds = clock.GetElapsedTime(start).TotalSeconds,
        };
    }

    private static IEnumerable<DeviceBenchmarkResult> Results(ProductCase product, DeviceArm arm, ArmSamples samples, double copyBytesPerSecond)
    {
        yield return Result(false, samples.RunSeconds / arm.Products);
        if (product.Kernel.HasIntegerActivations)
        {
            yield return Result(true, samples.Median(sample => sample.PrepareSeconds + sample.RunSeconds) / arm.Products);
        }

        DeviceBenchmarkResult Result(bool includesQuantization, double seconds)
        {
            double bytes = product.Bytes(arm.PreservedCount, includesQuantization);
            return new()
            {
                Kernel = product.Kernel.Name,
                Rows = product.Rows,
                InFeatures = product.Shape.InFeatures,
                OutFeatures = product.Shape.OutFeatures,
                PreservedChannels = arm.PreservedCount,
                Implementation = arm.Implementation,
                MedianMs = seconds * 1e3,
                GopsPerSecond = product.Operations / seconds / 1e9,
                GbPerSecond = bytes / seconds / 1e9,
                PercentOfCeiling = 100 * bytes / copyBytesPerSecond / seconds,
                IncludesActivationQuantization = includesQuantization,
                Samples = samples.Kept.Count,
            };
        }
    }
}

using OutlierQuant.Benchmarks.Ceilings;
using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks;

/// <summary>Measures this machine's ceilings, and the kernels against them.</summary>
public static class BenchmarkRun
{
    private static readonly SamplingBudget Thorough = new(3, 51, TimeSpan.FromSeconds(0.4));
    private static readonly SamplingBudget Short = new(3, 7, TimeSpan.FromSeconds(0.15));

    // What a case is taken to cost when time is shared out: a machine of 150 Gop/s and 20 GB/s, and some milliseconds of setting up.
    private const double TypicalOperations = 150e9, TypicalBytes = 20e9, TypicalSetUp = 0.03;

    // A case may take this many times its share of the time that is left, because most take less.
    private const double Slack = 2;

    /// <summary>Measures.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="progress">Called before each case; may be null.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <exception cref="ArgumentException">The suite cannot run here, or a shape is too large for this machine.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static BenchmarkReport Run(BenchmarkOptions options, Action<BenchmarkProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(options, MachineDescription.OfThisMachine(), progress, cancellation);

    /// <summary>Measures on a machine whose caches and memory are as described.</summary>
    internal static BenchmarkReport Run(BenchmarkOptions options, MachineDescription machine, Action<BenchmarkProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        TimeProvider clock = TimeProvider.System;
        long start = clock.GetTimestamp();
        BenchmarkMemory.Check(options, machine);
        long rotation = BenchmarkMemory.RotationBytes(machine);
        using WorkerTeam team = new(options.Threads);
        InterleavedSampler sampler = new(clock, new SampleGuard(team).Run);
        progress?.Invoke(new(0, 1, "ceilings"));
        MachineCeilings ceilings = MachineCeilings.Measure([.. new MemoryLoop(BenchmarkMemory.ReadBytes(machine)).Loops(), .. CeilingLoops.Arithmetic()], team, sampler, cancellation);
        CaseMeasurement measurement = new(ceilings, sampler, clock, options.Suite.Precision == "bf16");
        List<BenchmarkResult> results = [];
        List<ArmSamples> samples = [];
        HashSet<string> warm = [];
        ProductCase[] cases = [.. from shape in options.Shapes from kernel in options.Kernels from rows in options.Rows select new ProductCase(kernel, shape, rows)];
        RotatingWeights? weights = null;
        for (int i = 0; i < cases.Length; i++)
        {
            ProductCase product = cases[i];
            if (warm.Add(product.Kernel.Name))
            {
                KernelWarmUp.Run(product.Kernel, options, team, cancellation);
            }

            progress?.Invoke(new(i, cases.Length, $"{product.Kernel.Name} {product.Shape}, {product.Rows} rows"));
            int[] channels = RandomValues.Channels(options.PreservedCounts.Max(), product.Shape.InFeatures);
            weights = weights is not null && weights.Kernel == product.Kernel && weights.Shape == product.Shape ? weights : new(product.Kernel, product.Shape, channels, rotation);
            IReadOnlyList<ProductArm> arms = CaseArms.Create(new(product, weights, options.Suite, team), options.PreservedCounts, channels);
            double share = Cost(product, options) / cases.Skip(i).Sum(left => Cost(left, options));
            TimeSpan allowance = Slack * share * (options.TimeLimit - clock.GetElapsedTime(start));
            (IReadOnlyList<ArmSamples> ofArms, IReadOnlyList<BenchmarkResult> ofCase) = measurement.Measure(product, arms, options.IsQuick ? Short : Thorough, allowance, cancellation);
            DisposeAll(arms);
            samples.AddRange(ofArms);
            results.AddRange(ofCase);
        }

        int disturbed = samples.Count(arm => arm.IsDisturbed);
        return new()
        {
            Machine = machine,
            Threads = options.Threads,
            Suite = options.Suite.Name,
            Precision = options.Suite.Precision,
            Suites = [.. KernelSuite.All.Select(suite => suite.Name == options.Suite.Name ? options.Suite : suite).Select(suite => new SuiteState(suite.Name, suite.Description, suite.UnavailableBecause))],
            Ceilings = ceilings.Report(),
            Results = results,
            RotationBytes = rotation,
            Samples = samples.Sum(arm => arm.Kept.Count),
            DiscardedSamples = samples.Sum(arm => arm.Discarded),
            DisturbedArms = disturbed,
            Arms = samples.Count,
            Seconds = clock.GetElapsedTime(start).TotalSeconds,
            Warning = disturbed == 0 ? null : $"something else ran on this machine: {disturbed} of {samples.Count} arms had too few calm samples, and their medians count disturbed ones; run again on a quiet machine.",
        };
    }

    private static void DisposeAll(IReadOnlyList<ProductArm> arms)
    {
        foreach (ProductArm arm in arms)
        {
            arm.Dispose();
        }
    }

    private static double Cost(ProductCase product, BenchmarkOptions options) =>
        TypicalSetUp + (CaseArms.Count(product.Kernel, options.PreservedCounts) * ((product.Operations / TypicalOperations) + (product.WeightBytes / TypicalBytes)));
}

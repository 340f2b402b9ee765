using OutlierQuant.Benchmarks.Ceilings;
using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;

namespace OutlierQuant.Benchmarks;

/// <summary>Measures the arms of one case in turn with each other and with the ceilings that bound them.</summary>
/// <param name="ceilings">The machine's.</param>
/// <param name="sampler">Takes the samples.</param>
/// <param name="clock">Measures how long a call takes.</param>
/// <param name="mayRound">Whether products may round floats to bfloat16.</param>
internal sealed class CaseMeasurement(MachineCeilings ceilings, InterleavedSampler sampler, TimeProvider clock, bool mayRound)
{
    // A sample shorter than this is repeated, so that waking the threads does not count for much.
    private static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(0.5);

    private const int MaximumRepeats = 64;

    // A few output features overstate what all of them take: above this many shortest samples, a whole call is long enough all the same.
    private const double SurelyLong = 20;

    /// <summary>Measures a case.</summary>
    /// <param name="product">What is computed.</param>
    /// <param name="arms">How.</param>
    /// <param name="budget">How many samples, and how long.</param>
    /// <param name="allowance">What the case may take in all. Where whole products would take longer, fewer output features are timed.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <returns>The samples of the arms, and their results.</returns>
    public (IReadOnlyList<ArmSamples> Samples, IReadOnlyList<BenchmarkResult> Results) Measure(
        ProductCase product, IReadOnlyList<ProductArm> arms, SamplingBudget budget, TimeSpan allowance, CancellationToken cancellation)
    {
        Fit(arms, allowance / (arms.Count * (budget.MinimumRounds + 2)), cancellation);
        IReadOnlyList<CeilingArm> bounds = CaseCeilings.Arms(product, ceilings, mayRound);
        IReadOnlyList<ArmSamples> samples = sampler.Measure([.. bounds, .. arms], budget, cancellation);
        (Roofline roofline, string arithmetic) = CaseCeilings.Read(product, bounds, samples, ceilings, mayRound);
        ArmSamples[] ofArms = [.. samples.Skip(bounds.Count)];
        return (ofArms, [.. arms.SelectMany((arm, i) => Results(product, arm, ofArms[i], roofline, arithmetic))]);
    }

    /// <summary>Chooses how many output features are timed, the same for all arms, and how often a sample repeats a call.</summary>
    private void Fit(IReadOnlyList<ProductArm> arms, TimeSpan longestCall, CancellationToken cancellation)
    {
        int all = arms[0].OutFeatures, timed = all;
        Dictionary<ProductArm, double> perFeature = [];
        foreach (ProductArm arm in arms)
        {
            cancellation.ThrowIfCancellationRequested();
            arm.OutFeatures = Math.Min(all, 4 * arm.Granularity);
            arm.Prepare();
            arm.Run();
            perFeature[arm] = Time(arm.Run) / arm.OutFeatures;
            double affordable = longestCall.TotalSeconds / perFeature[arm];
            timed = Math.Min(timed, affordable >= all ? all : Math.Max(arm.OutFeatures, (int)affordable / arm.Granularity * arm.Granularity));
        }

        foreach (ProductArm arm in arms)
        {
            cancellation.ThrowIfCancellationRequested();
            arm.OutFeatures = timed;
            if (perFeature[arm] * timed < SurelyLong * ShortestSample.TotalSeconds)
            {
                arm.Run();
                arm.Repeats = (int)Math.Clamp(Math.Ceiling(ShortestSample.TotalSeconds / Time(arm.Run)), 1, MaximumRepeats);
            }
        }
    }

    private double Time(Action action)
    {
        long start = clock.GetTimestamp();
        action();
        return Math.Max(clock.GetElapsedTime(start).TotalSeconds, 1e-9);
    }

    private static IEnumerable<BenchmarkResult> Results(ProductCase product, ProductArm arm, ArmSamples samples, Roofline roofline, string arithmetic)
    {
        double scale = (double)product.Shape.OutFeatures / arm.OutFeatures;
        if (arm.Kind != OutlierArm.Searching)
        {
            yield return Result(false, samples.Median(sample => sample.RunSeconds * scale));
        }

        if (product.Kernel.HasIntegerActivations)
        {
            yield return Result(true, samples.Median(sample => sample.PrepareSeconds + (sample.RunSeconds * scale)));
        }

        BenchmarkResult Result(bool includesQuantization, double seconds)
        {
            double bytes = product.Bytes(arm.PreservedCount, includesQuantization);
            return new()
            {
                Kernel = product.Kernel.Name,
                Rows = product.Rows,
                InFeatures = product.Shape.InFeatures,
                OutFeatures = product.Shape.OutFeatures,
                PreservedChannels = arm.PreservedCount,
                Arm = arm.Kind,
                Implementation = arm.Implementation,
                MedianMs = seconds * 1e3,
                GopsPerSecond = product.Operations / seconds / 1e9,
                GbPerSecond = bytes / seconds / 1e9,
                PercentOfCeiling = roofline.Percent(bytes, product.Operations, seconds),
                BoundBy = roofline.IsBoundByMemory(bytes, product.Operations) ? "dram" : arithmetic,
                CeilingGbPerSecond = roofline.BytesPerSecond / 1e9,
                CeilingGopsPerSecond = roofline.OperationsPerSecond / 1e9,
                IncludesActivationQuantization = includesQuantization,
                MeasuredOutFeatures = arm.OutFeatures,
                Samples = samples.Kept.Count,
                DiscardedSamples = samples.Discarded,
                IsDisturbed = samples.IsDisturbed,
            };
        }
    }
}

using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks;

/// <summary>Runs a kernel until the runtime has compiled it for good.</summary>
internal static class KernelWarmUp
{
    // Enough for every route that depends on the number of rows, and quick.
    private const int MostRows = 64, MostOutFeatures = 128, MostInFeatures = 1024;

    /// <summary>Multiplies a small matrix, with and without preserved channels, by as many rows as will come: all the code that will run.</summary>
    public static void Run(ProductKernel kernel, BenchmarkOptions options, WorkerTeam team, CancellationToken cancellation)
    {
        int most = options.PreservedCounts.Max();
        WeightShape smallest = options.Shapes.MinBy(shape => shape.Weights);
        WeightShape shape = new(Math.Min(smallest.OutFeatures, MostOutFeatures), Math.Min(smallest.InFeatures, Math.Max(MostInFeatures, most)));
        int[] channels = RandomValues.Channels(most, shape.InFeatures);
        RotatingWeights weights = new(kernel, shape, channels, 0);
        int[] counts = [.. new[] { 0, most }.Distinct()];
        ProductArm[] arms = [.. options.Rows.SelectMany(rows => CaseArms.Create(new(new(kernel, shape, Math.Min(rows, MostRows)), weights, options.Suite, team), counts, channels))];
        WarmUp.Run(
            () =>
            {
                foreach (ProductArm arm in arms)
                {
                    arm.Prepare();
                    arm.Run();
                }
            },
            cancellation);
        Array.ForEach(arms, arm => arm.Dispose());
    }
}

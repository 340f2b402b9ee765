namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Makes the arms of a case.</summary>
internal static class CaseArms
{
    /// <summary>
    /// Makes one arm for float weights; for weight codes, one for each number of preserved channels, and where the activations are codes too, one that searches for as many.
    /// </summary>
    /// <param name="context">What the arms share.</param>
    /// <param name="preservedCounts">Numbers of preserved channels.</param>
    /// <param name="channels">The channels to take them from; the weights' codes are 0 there. As many as the largest number, in any order.</param>
    public static IReadOnlyList<ProductArm> Create(CaseContext context, IReadOnlyList<int> preservedCounts, int[] channels)
    {
        if (context.Product.Kernel.CodeWeights is null)
        {
            return [new FloatWeightsArm(context)];
        }

        List<ProductArm> arms = [];
        foreach (int count in preservedCounts)
        {
            int[] taken = [.. channels.Take(count).Order()];
            float[] source = context.DrawActivations(taken);
            arms.Add(new KnownChannelsArm(context, taken, source));
            if (count > 0 && context.Product.Kernel.HasIntegerActivations)
            {
                arms.Add(new SearchingArm(context, count, source));
            }
        }

        return arms;
    }

    /// <summary>Counts the arms that <see cref="Create"/> makes.</summary>
    public static int Count(ProductKernel kernel, IReadOnlyList<int> preservedCounts) =>
        kernel.CodeWeights is null ? 1 : preservedCounts.Count + (kernel.HasIntegerActivations ? preservedCounts.Count(count => count > 0) : 0);
}

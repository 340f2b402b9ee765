using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests.Workloads;

/// <summary>What is timed must be the product: a fast wrong one would be worth nothing.</summary>
public sealed class ArmTests : IDisposable
{
    private const int OutFeatures = 48, InFeatures = 320, Rows = 5;

    private readonly WorkerTeam _team = new(2);

    public static TheoryData<string> Kernels => [.. ProductKernel.All.Select(kernel => kernel.Name)];

    public static TheoryData<string> CodeKernels => [.. ProductKernel.All.Where(kernel => kernel.HasIntegerActivations).Select(kernel => kernel.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Run_EveryArm_ComputesWhatTheReferenceDoes(string kernel)
    {
        List<float[]> fast = Products(kernel, KernelSuite.Fastest), slow = Products(kernel, KernelSuite.Reference);

        Assert.NotEmpty(fast);
        Assert.Equal(fast.Count, slow.Count);
        for (int arm = 0; arm < fast.Count; arm++)
        {
            Assert.Contains(fast[arm], product => product != 0);
            Assert.All(fast[arm].Zip(slow[arm]), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-3 * (1 + Math.Abs(pair.Second))));
        }
    }

    [Theory]
    [MemberData(nameof(CodeKernels))]
    public void Searching_FindsTheOutliersAndTakesTheirWeightsFromTheCodes(string name)
    {
        ProductKernel kernel = ProductKernel.All.Single(known => known.Name == name);
        ProductCase product = new(kernel, new(OutFeatures, InFeatures), Rows);
        CaseContext context = new(product, new(kernel, product.Shape, [], 0), KernelSuite.Reference, _team);
        int[] outliers = [3, 64, 200];
        float[] source = context.DrawActivations(outliers);
        SearchingArm searching = new(context, outliers.Length, source);
        searching.Prepare();
        searching.Run();
        float[] searched = [.. context.Products];

        Assert.Equal(outliers, searching.Found);
        double worst = 0;
        for (int row = 0; row < Rows; row++)
        {
            float[] rest = [.. source.Skip(row * InFeatures).Take(InFeatures)];
            float absMax = rest.Where((_, c) => !outliers.Contains(c)).Max(MathF.Abs);
            double[] exact = Exact(context, rest);
            for (int r = 0; r < OutFeatures; r++)
            {
                // Rounding moves each activation by at most half a step; the outliers are not rounded at all.
                double bound = 0.5 * absMax / 127 * Weights(context, r).Sum(Math.Abs);
                worst = Math.Max(worst, Math.Abs(searched[(row * OutFeatures) + r] - exact[r]) / bound);
            }
        }

        Assert.InRange(worst, 1e-6, 1.0001);
    }

    [Fact]
    public void Create_CodesWithChannels_HaveNaiveKnownAndSearchedArms()
    {
        (OutlierArm, int)[] arms = [.. Arms("int8×int8", KernelSuite.Reference, [0, 2]).Select(arm => (arm.Kind, arm.PreservedCount))];

        Assert.Equal([(OutlierArm.Naive, 0), (OutlierArm.Preserving, 2), (OutlierArm.Searching, 2)], arms);
        Assert.Equal(3, CaseArms.Count(ProductKernel.Matching("int8×int8")[0], [0, 2]));
        Assert.Equal(2, Arms("float×int8", KernelSuite.Reference, [0, 2]).Count);
        Assert.Single(Arms("float×f32", KernelSuite.Reference, [0, 2]));
    }

    [Fact]
    public void Weights_Rotate()
    {
        RotatingWeights weights = new(ProductKernel.Matching("int8×int8")[0], new(64, 128), [], 3 * 64 * 128);

        byte[][] taken = [.. Enumerable.Range(0, 4).Select(_ => weights.Next())];

        Assert.Equal(3, weights.CopyCount);
        Assert.NotSame(taken[0], taken[1]);
        Assert.Same(taken[0], taken[3]);
        Assert.Equal(taken[0], taken[1]);
        Assert.InRange(taken[0].Distinct().Count(), 200, 255);
    }

    [Fact]
    public void Search_EveryLength_FindsExactlyTheChannelsAboveTheThreshold()
    {
        for (int columns = 1; columns < 70; columns++)
        {
            float[] source = new float[2 * columns];
            source[columns - 1] = 6.5f;
            source[columns] = -7;
            source[^1] = 6;

            Assert.Equal(new[] { 0, columns - 1 }.Distinct(), new OutlierSearch(2, columns).Find(source, _team));
        }
    }

    public void Dispose() => _team.Dispose();

    private List<float[]> Products(string kernel, KernelSuite suite)
    {
        List<float[]> products = [];
        foreach (ProductArm arm in Arms(kernel, suite, [0, 3]))
        {
            arm.Prepare();
            arm.Run();
            products.Add([.. arm.Products]);
        }

        return products;
    }

    private IReadOnlyList<ProductArm> Arms(string name, KernelSuite suite, int[] counts)
    {
        ProductKernel kernel = ProductKernel.All.Single(known => known.Name == name);
        ProductCase product = new(kernel, new(OutFeatures, InFeatures), Rows);
        int[] channels = RandomValues.Channels(counts.Max(), InFeatures);
        return CaseArms.Create(new(product, new(kernel, product.Shape, channels, 0), suite, _team), counts, channels);
    }

    private static double[] Exact(CaseContext context, float[] activations) =>
        [.. Enumerable.Range(0, OutFeatures).Select(r => Weights(context, r).Zip(activations, (weight, activation) => weight * activation).Sum())];

    // Column by column: the product with a unit vector is the weight.
    private static double[] Weights(CaseContext context, int outFeature)
    {
        double[] weights = new double[InFeatures];
        float[] unit = new float[InFeatures], product = new float[OutFeatures];
        for (int c = 0; c < InFeatures; c++)
        {
            unit[c] = 1;
            KernelSuite.Reference.CodeProduct.Multiply(unit, 1, context.Weights.AsPacked(context.Weights.Next(), [], []), outFeature, 1, product);
            weights[c] = product[outFeature];
            unit[c] = 0;
        }

        return weights;
    }
}

using OutlierQuant.Benchmarks.Measuring;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>One way to compute a product: the arms of a case differ in what becomes of the outlier channels.</summary>
/// <param name="context">What the arms share.</param>
/// <param name="source">Activations. Shape <c>[rows, inFeatures]</c>.</param>
internal abstract class ProductArm(CaseContext context, float[] source) : IArm
{
    /// <summary>Gets what the arm does about outliers.</summary>
    public abstract OutlierArm Kind { get; }

    /// <summary>Gets the number of channels that stay in float.</summary>
    public abstract int PreservedCount { get; }

    /// <summary>Gets the name of the implementation that runs.</summary>
    public abstract string Implementation { get; }

    /// <summary>Gets the number of output features that a thread should take a multiple of.</summary>
    public abstract int Granularity { get; }

    /// <summary>Gets a value indicating whether only the team's own threads may run the kernel.</summary>
    public abstract bool NeedsOwnThreads { get; }

    /// <summary>Gets or sets how many output features a call computes, from the first on: fewer than all where all would take too long.</summary>
    public int OutFeatures { get; set; } = context.Product.Shape.OutFeatures;

    /// <inheritdoc/>
    public int Repeats { get; set; } = 1;

    /// <summary>Gets the products of the last call of any arm of the case. Shape <c>[rows, outFeatures]</c>.</summary>
    public float[] Products => context.Products;

    protected CaseContext Context => context;

    protected float[] Source => source;

    /// <inheritdoc/>
    public virtual void Prepare()
    {
    }

    /// <inheritdoc/>
    public void Run()
    {
        byte[] weights = context.Weights.Next();
        context.Team.Run(OutFeatures, Granularity, (first, count) => Multiply(weights, first, count), NeedsOwnThreads);
    }

    /// <summary>Computes some output features of every row.</summary>
    protected abstract void Multiply(byte[] weights, int first, int count);
}

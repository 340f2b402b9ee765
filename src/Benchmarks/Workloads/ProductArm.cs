using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Kernels;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>One way to compute a product: the arms of a case differ in what becomes of the outlier channels.</summary>
/// <param name="context">What the arms share.</param>
/// <param name="source">Activations. Shape <c>[rows, inFeatures]</c>.</param>
internal abstract class ProductArm(CaseContext context, float[] source) : IArm, IDisposable
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

    /// <summary>Computes the product. Where the kernel wants float activations in another form, bringing them into it is part of the product.</summary>
    public void Run()
    {
        byte[] weights = context.Weights.Next();
        using PreparedFloats? prepared = ReserveFloats();
        if (prepared is not null)
        {
            context.Team.Run(prepared.Pieces, 1, (first, count) => prepared.Fill(source, first, count));
        }

        context.Team.Run(OutFeatures, Granularity, (first, count) => Multiply(weights, first, count, prepared), NeedsOwnThreads);
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Keeps of a kernel's description, such as <c>int8×int4 avx2</c>, what stands behind the operands.</summary>
    protected static string InstructionsOf(string description) => description[(description.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    /// <summary>Reserves room for float activations in the form that the kernel wants; null where it takes them as they lie.</summary>
    protected virtual PreparedFloats? ReserveFloats() => null;

    /// <summary>Computes some output features of every row.</summary>
    protected abstract void Multiply(byte[] weights, int first, int count, PreparedFloats? prepared);
}

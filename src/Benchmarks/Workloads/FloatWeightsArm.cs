using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Float activations times float weights: nothing is rounded, so nothing is lost and nothing preserved.</summary>
internal sealed class FloatWeightsArm(CaseContext context) : ProductArm(context, context.DrawActivations([]))
{
    /// <inheritdoc/>
    public override OutlierArm Kind => OutlierArm.Naive;

    /// <inheritdoc/>
    public override int PreservedCount => 0;

    /// <inheritdoc/>
    public override string Implementation => InstructionsOf(Context.Suite.FloatMatmul.Describe(Context.Product.Kernel.FloatWeights!.Value, Context.Product.Rows));

    /// <inheritdoc/>
    public override int Granularity => Context.Suite.FloatMatmul.RowGranularity;

    /// <inheritdoc/>
    public override bool NeedsOwnThreads => Context.Suite.FloatMatmul.NeedsOwnThreads(Context.Product.Kernel.FloatWeights!.Value, Context.Product.Rows);

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected override PreparedFloats? ReserveFloats() => Context.Suite.FloatMatmul.Reserve(Context.Product.Kernel.FloatWeights!.Value, Context.Product.Rows, Context.Product.Shape.InFeatures);

    /// <inheritdoc/>
    protected override void Multiply(byte[] weights, int first, int count, PreparedFloats? prepared)
    {
        ProductCase product = Context.Product;
        FloatWeights matrix = new() { Elements = weights, Type = product.Kernel.FloatWeights!.Value, Rows = product.Shape.OutFeatures, Columns = product.Shape.InFeatures };
        Context.Suite.FloatMatmul.Multiply(Source, product.Rows, matrix, first, count, Context.Products, prepared);
    }
}

using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Codes or floats times packed weight codes, with a list of preserved channels that is known beforehand; naive where the list is empty.</summary>
/// <param name="context">What the arms share.</param>
/// <param name="preservedChannels">Channels that stay in float; the weights' codes are 0 there. Sorted.</param>
/// <param name="source">Activations. Shape <c>[rows, inFeatures]</c>.</param>
internal sealed class KnownChannelsArm(CaseContext context, int[] preservedChannels, float[] source) : ProductArm(context, source)
{
    private readonly float[] _preservedColumns = RandomValues.Floats((long)context.Product.Shape.OutFeatures * preservedChannels.Length, 6);
    private readonly CodedActivations? _codes = context.Product.Kernel.HasIntegerActivations ? new(context.Product.Rows, context.Product.Shape.InFeatures) : null;

    /// <inheritdoc/>
    public override OutlierArm Kind => preservedChannels.Length == 0 ? OutlierArm.Naive : OutlierArm.Preserving;

    /// <inheritdoc/>
    public override int PreservedCount => preservedChannels.Length;

    /// <inheritdoc/>
    public override string Implementation => ImplementationOf(Context, Matrix(Context.Weights.First));

    /// <inheritdoc/>
    public override int Granularity => Context.Suite.CodeProduct.RowGranularity;

    /// <inheritdoc/>
    public override bool NeedsOwnThreads => Context.Suite.CodeProduct.NeedsOwnThreads(Context.Product.Kernel.CodeWeights!.Value, Context.Product.Kernel.HasIntegerActivations, Context.Product.Rows);

    /// <summary>Names what multiplies codes: what the suite says behind the kernel's own name.</summary>
    public static string ImplementationOf(CaseContext context, PackedWeights matrix) =>
        InstructionsOf(context.Suite.CodeProduct.Describe(matrix, context.Product.Kernel.HasIntegerActivations, context.Product.Rows));

    /// <summary>Rounds the activations, where the product takes codes.</summary>
    public override void Prepare() => _codes?.Quantize(Source, preservedChannels, Matrix(Context.Weights.First), Context.Suite, Context.Team);

    /// <inheritdoc/>
    public override void Dispose() => _codes?.Dispose();

    /// <inheritdoc/>
    protected override PreparedFloats? ReserveFloats() => _codes is null ? Context.Suite.CodeProduct.Reserve(Context.Product.Rows, Matrix(Context.Weights.First)) : null;

    /// <inheritdoc/>
    protected override void Multiply(byte[] weights, int first, int count, PreparedFloats? prepared)
    {
        if (_codes is null)
        {
            Context.Suite.CodeProduct.Multiply(Source, Context.Product.Rows, Matrix(weights), first, count, Context.Products, prepared);
        }
        else
        {
            Context.Suite.CodeProduct.Multiply(_codes.AsCodes(), Matrix(weights), first, count, Context.Products);
        }
    }

    private PackedWeights Matrix(byte[] weights) => Context.Weights.AsPacked(weights, preservedChannels, _preservedColumns);
}

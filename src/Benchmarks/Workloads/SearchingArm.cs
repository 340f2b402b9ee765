using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Codes times packed codes where nobody knows the outlier channels: each call searches for them, and takes their weights out of the packed codes.</summary>
/// <remarks>The same kernels then compute the same product, so what the arm costs more than <see cref="KnownChannelsArm"/> is the price of searching and gathering.</remarks>
/// <param name="context">What the arms share.</param>
/// <param name="outlierCount">Number of channels that the search will find.</param>
/// <param name="source">Activations with outliers in that many channels. Shape <c>[rows, inFeatures]</c>.</param>
internal sealed class SearchingArm(CaseContext context, int outlierCount, float[] source) : ProductArm(context, source)
{
    private readonly OutlierSearch _search = new(context.Product.Rows, context.Product.Shape.InFeatures);
    private readonly CodedActivations _codes = new(context.Product.Rows, context.Product.Shape.InFeatures);
    private float[] _gatheredColumns = [];

    /// <summary>Gets the channels that the last call found.</summary>
    public int[] Found { get; private set; } = [];

    /// <inheritdoc/>
    public override OutlierArm Kind => OutlierArm.Searching;

    /// <inheritdoc/>
    public override int PreservedCount => outlierCount;

    /// <inheritdoc/>
    public override string Implementation => KnownChannelsArm.ImplementationOf(Context, Matrix(Context.Weights.First));

    /// <inheritdoc/>
    public override int Granularity => Context.Suite.CodeProduct.RowGranularity;

    /// <inheritdoc/>
    public override bool NeedsOwnThreads => Context.Suite.CodeProduct.NeedsOwnThreads(Context.Product.Kernel.CodeWeights!.Value, Context.Product.Kernel.HasIntegerActivations, Context.Product.Rows);

    /// <summary>Searches, then rounds the activations of the other channels.</summary>
    public override void Prepare()
    {
        Found = _search.Find(Source, Context.Team);
        int gathered = Context.Product.Shape.OutFeatures * Found.Length;
        if (_gatheredColumns.Length != gathered)
        {
            _gatheredColumns = new float[gathered];
        }

        _codes.Quantize(Source, Found, Matrix(Context.Weights.First), Context.Suite, Context.Team);
    }

    /// <inheritdoc/>
    public override void Dispose() => _codes.Dispose();

    /// <inheritdoc/>
    protected override void Multiply(byte[] weights, int first, int count, PreparedFloats? prepared)
    {
        Gather(weights, first, count);
        Context.Suite.CodeProduct.Multiply(_codes.AsCodes(), Matrix(weights), first, count, Context.Products);
    }

    private PackedWeights Matrix(byte[] weights) => Context.Weights.AsPacked(weights, Found, _gatheredColumns);

    private void Gather(byte[] weights, int first, int count)
    {
        ProductKernel kernel = Context.Product.Kernel;
        WeightFormat format = kernel.CodeWeights!.Value;
        int inFeatures = Context.Product.Shape.InFeatures, bytesPerFeature = WeightPacking.BytesPerRow(format, inFeatures), groups = kernel.Groups(inFeatures);
        for (int r = first; r < first + count; r++)
        {
            ReadOnlySpan<byte> codes = weights.AsSpan(r * bytesPerFeature, bytesPerFeature);
            for (int j = 0; j < Found.Length; j++)
            {
                int group = kernel.GroupSize is int size ? Found[j] / size : 0;
                _gatheredColumns[(r * Found.Length) + j] = Context.Weights.Scales[(r * groups) + group] * WeightPacking.CodeAt(format, codes, Found[j]);
            }
        }
    }
}

using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers.Plans;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>Computes the size of a quantized checkpoint from shapes alone.</summary>
internal static class SizeForecaster
{
    /// <summary>Computes the size.</summary>
    public static SizeForecast Forecast(TransformerModel model, IReadOnlyList<LinearPlan> plans, QuantizationOptions options)
    {
        Dictionary<string, LinearPlan> planned = plans.ToDictionary(plan => plan.Name);
        Preservation preserve = options.Preserve.WithoutFold();
        long sourceBytes = model.Store.Tensors.Sum(tensor => tensor.ByteLength);
        long tensorBytes = sourceBytes + FoldBytes(model.Fold);
        long linearBytes = 0;
        long weights = 0;
        foreach (Linear linear in model.Linears.Where(linear => linear.Role != LinearRole.Head || options.IncludeHead))
        {
            weights += (long)linear.InFeatures * linear.OutFeatures;
            if (!planned.TryGetValue(linear.Name, out LinearPlan? plan))
            {
                linearBytes += linear.WeightByteSize;
                continue;
            }

            var source = (FloatLinear)linear;
            long bytes = WeightBytes(source, plan, preserve);
            linearBytes += bytes;
            tensorBytes += bytes + SideBytes(source, plan, preserve) - (OwnsWeight(source) ? source.WeightByteSize : 0);
        }

        return new SizeForecast(8.0 * linearBytes / weights, linearBytes, tensorBytes, sourceBytes);
    }

    /// <summary>Tells whether the weight tensor is the linear's own, so that codes replace it: a tied head shares its tensor with the embeddings.</summary>
    public static bool OwnsWeight(FloatLinear linear) => linear.Weight.Name == $"{linear.Name}.weight";

    /// <summary>Counts the constants of a fold, which are stored as F32.</summary>
    private static long FoldBytes(Fold? fold) => fold is null ? 0 : sizeof(float) * (fold.Blocks.Sum(block => 2L * block.Keys.Length) + (fold.Prefix?.FinalHidden.Length ?? 0));

    /// <summary>Counts codes, scales and preserved columns with their indices.</summary>
    private static long WeightBytes(FloatLinear linear, LinearPlan plan, Preservation preserve)
    {
        long rows = linear.OutFeatures;
        int groupSize = plan.GroupSize ?? linear.InFeatures;
        long groups = (linear.InFeatures + groupSize - 1) / groupSize;
        long kept = preserve == Preservation.Channels ? plan.Channels.Count : 0;
        WeightFormat format = WeightName.Parse(plan.Weights);
        return (rows * WeightPacking.BytesPerRow(format, linear.InFeatures)) + (4 * rows * groups) + (kept * (4 + (rows * linear.Weight.Type.ByteSize())));
    }

    /// <summary>Counts what stands beside the weights: the static scale, excluded channels and the constants of replaced channels.</summary>
    private static long SideBytes(FloatLinear linear, LinearPlan plan, Preservation preserve)
    {
        int channels = plan.Channels.Count;
        long scale = plan.StaticScale is null ? 0 : 4;
        long excluded = Quantizer.ExcludesChannels(plan, preserve) ? 4 * channels : 0;
        long constants = preserve == Preservation.Mean && channels > 0 ? 8L * linear.OutFeatures : 0;
        return scale + excluded + constants;
    }
}

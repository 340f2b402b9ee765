using OutlierQuant.Calibration.Folding;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers.Plans;

/// <summary>Checks a plan, which may come from a file, against a model.</summary>
internal static class PlanCheck
{
    /// <summary>Throws unless the plan can be applied to the model.</summary>
    /// <exception cref="ArgumentException">It cannot; the message says where and what would be right.</exception>
    public static void RequireFits(QuantizationPlan plan, TransformerModel model)
    {
        Scheme scheme = Scheme.Parse(plan.Scheme);
        Preservation preserve = PreservationName.Parse(plan.Preserve).WithoutFold();
        RequireFold(plan, model);
        HashSet<string> seen = [];
        foreach (LinearPlan linear in plan.Linears)
        {
            Linear? source = model.Linears.FirstOrDefault(candidate => candidate.Name == linear.Name);
            if (source is not FloatLinear || !seen.Add(linear.Name))
            {
                string problem = source is null ? "does not exist" : source is FloatLinear ? "is planned twice" : "is already quantized";
                throw new ArgumentException($"The plan quantizes {linear.Name}, which {problem} in {model.Directory}.");
            }

            if (linear.GroupSize < 1 || linear.GroupSize > source.InFeatures)
            {
                throw new ArgumentException(
                    $"The plan gives {linear.Name} groups of {linear.GroupSize} columns; 1 to {source.InFeatures} are possible, or none for one scale per output channel.");
            }

            bool isStatic = linear.ActivationScale == ActivationName.TensorStatic;
            if (linear.StaticScale is float scale ? !isStatic || !(float.IsFinite(scale) && scale > 0) : isStatic)
            {
                throw new ArgumentException(
                    $"The plan gives {linear.Name} the static scale {Shown(linear.StaticScale)} with activation scale {linear.ActivationScale}; tensor-static needs a positive number, others none.");
            }

            RequireChannels(linear.Name, linear.Channels, source.InFeatures, preserve);
        }

        foreach (BlockPlan block in plan.Blocks)
        {
            if (scheme.ResidualBits != block.Bits || block.Block < 0 || block.Block >= model.Config.BlockCount || !seen.Add($"block {block.Block}"))
            {
                throw new ArgumentException(
                    $"The plan rounds the output of block {block.Block} to {block.Bits} bits; scheme {scheme.Name} can do so once for each of blocks 0 to {model.Config.BlockCount - 1}, at its own width.");
            }

            if (!(float.IsFinite(block.Scale) && block.Scale > 0))
            {
                throw new ArgumentException($"The plan gives block {block.Block} the scale {Shown(block.Scale)}; a positive number is needed.");
            }

            RequireChannels($"block {block.Block}", block.Channels, model.Config.HiddenSize, preserve);
        }
    }

    private static void RequireFold(QuantizationPlan plan, TransformerModel model)
    {
        if (PreservationName.Parse(plan.Preserve).Folds() != plan.Fold is not null)
        {
            throw new ArgumentException($"The plan preserves {plan.Preserve} and {(plan.Fold is null ? "names no fold" : "names a fold")}; fold and fold+channels name one, and only they do.");
        }

        if (plan.Fold is null ? model.Fold is not null : !plan.Fold.Description.Describes(model.Fold))
        {
            throw new ArgumentException(
                $"The plan is for a model that is {FoldDescription.Name(plan.Fold?.Description)}, but this one is {FoldDescription.Name(model.Fold is null ? null : FoldDescription.Of(model.Fold))}; apply it to the model that it was made for.");
        }
    }

    private static void RequireChannels(string place, IReadOnlyList<ChannelPlan> channels, int count, Preservation preserve)
    {
        int previous = -1;
        foreach (ChannelPlan channel in channels)
        {
            if (channel.Channel <= previous || channel.Channel >= count)
            {
                throw new ArgumentException($"The plan lists channel {channel.Channel} after {previous} at {place}; channels are sorted, distinct and from 0 to {count - 1}.");
            }

            if (preserve == Preservation.Mean && (channel.MeanAtSink is null || channel.MeanElsewhere is null))
            {
                throw new ArgumentException($"The plan preserves mean but has no means for channel {channel.Channel} at {place}.");
            }

            previous = channel.Channel;
        }
    }

    private static string Shown(float? scale) => scale is float value ? value.ToString(System.Globalization.CultureInfo.InvariantCulture) : "none";
}

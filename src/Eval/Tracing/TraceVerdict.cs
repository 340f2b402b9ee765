using OutlierQuant.Calibration;
using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Says in words what a trace found.</summary>
internal static class TraceVerdict
{
    private const double MostOfAnError = 0.5;

    public static IReadOnlyList<string> Describe(TraceResult result, CalibrationProfile profile)
    {
        if (result.Spike is not { } spike || result.Shape is not { } shape)
        {
            return [$"No spike: nothing is {NumberText.Short(result.MinRatio)} times the median of its block's output at the first token, and nothing passes the detector of massive activations. {profile.Verdict}"];
        }

        var sentences = new List<string>
        {
            $"Channel {spike.Channel} at {spike.Token} (position {spike.Position}) peaks at {NumberText.Short(shape.Peak)} {(shape.PeakBlock < 0 ? "in the embedding" : $"after block {shape.PeakBlock}")}; where it stands out most it is {NumberText.Short(spike.Ratio)} times the median{(spike.IsMassive ? ", massive by the detector" : ", under the detector's thresholds")}.",
            OriginOf(result, shape),
            shape.StepDownBlock is { } block
                ? $"Block {block} takes it away; {OfPeak(shape.LastShare)} of the peak are left at the end."
                : $"No block takes half of it away; {OfPeak(shape.LastShare)} of the peak are there at the end.",
        };
        AddAttention(result, sentences);
        AddErrors(result, sentences);
        AddControls(result, sentences);
        return sentences;
    }

    private static string OriginOf(TraceResult result, SpikeShape shape)
    {
        var writer = result.Path[shape.WriterBlock];
        var part = Math.Abs(writer.Mlp) >= Math.Abs(writer.Attention) ? $"its MLP {NumberText.Short(writer.Mlp)}" : $"its attention {NumberText.Short(writer.Attention)}";
        var strongest = $"neuron {writer.Neuron} at {NumberText.Short(writer.NeuronInput)} times weight ({result.Spike!.Channel}, {writer.Neuron}) = {NumberText.Short(writer.Weight)}";
        return shape.Origin switch
        {
            SpikeOrigin.Embedding => $"It starts in the embedding, which holds {OfPeak(shape.EmbeddingShare)} of the peak: no weight of a block makes it, and no super weight is named.",
            SpikeOrigin.Step when result.SuperWeights.Count > 0 =>
                $"Block {writer.Block} makes it in one step (adds {NumberText.Short(writer.Added)}, {part}): {strongest} makes {Share(writer.ContributionShare)} of that. Super weight{(result.SuperWeights.Count == 1 ? "" : "s")}: {string.Join(", ", result.SuperWeights.Select(weight => $"{weight.Linear}[{weight.Row}, {weight.Column}]"))}.",
            SpikeOrigin.Step =>
                $"Block {writer.Block} makes it in one step (adds {NumberText.Short(writer.Added)}, {part}), but no single weight makes half of it, so no super weight is named; the strongest, {strongest}, makes {Share(writer.ContributionShare)}.",
            _ => $"It is built up gradually, so no super weight is named: {string.Join(", ", result.Path.Where(step => shape.BuildingBlocks.Contains(step.Block)).Select(step => Built(step, shape)))}; the embedding holds {OfPeak(shape.EmbeddingShare)}. The strongest single weight is in block {writer.Block}: {strongest} makes {NumberText.Percent(writer.Contribution / shape.Peak)} of the peak.",
        };
    }

    private static string Built(BlockStep step, SpikeShape shape) =>
        $"block {step.Block} adds {NumberText.Percent(step.Added / shape.Peak)} of the peak ({Share(step.ContributionShare)} of that by one weight)";

    private static void AddAttention(TraceResult result, List<string> sentences)
    {
        if (result.Attention.Count > 0)
        {
            var most = result.Attention.MaxBy(block => block.Share)!;
            sentences.Add($"Heads that attend to it: {result.Attention.Sum(block => block.HeadsAbove)} of {result.Attention.Sum(block => block.Heads.Count)} in the blocks after {result.Shape!.FirstBlock} put at least {NumberText.Percent(AttendingBlock.Threshold)} there; most in block {most.Block}, {NumberText.Percent(most.Share)} on average.");
        }
    }

    private static void AddErrors(TraceResult result, List<string> sentences)
    {
        foreach (var bits in ElementTally.Widths)
        {
            ElementError[] counted = [.. result.Errors.Where(error => error.Bits == bits && error.ErrorShare >= MostOfAnError)];
            sentences.Add(counted.Length == 0
                ? $"Rounding to int{bits} with one scale: keeping no element in float removes half of the other tokens' error."
                : $"Rounding to int{bits} with one scale: of the other tokens' error, {string.Join("; ", counted.Select(error => $"keeping {error.Element} in float removes {NumberText.Percent(error.ErrorShare!.Value)} in the {error.Rounded}"))}.");
        }
    }

    private static void AddControls(TraceResult result, List<string> sentences)
    {
        if (result.Controls.Count == 0)
        {
            return;
        }

        var list = string.Join(", ", result.Controls.Select(control => $"{NameOf(control)} {NumberText.Ratio(control.Score.Ratio)}{(control.Score.Hurts ? "" : " (no harm)")}"));
        sentences.Add($"Perplexity with changed weights, against {NumberText.Short(result.Baseline!.Perplexity)}: {list}.");
    }

    private static string NameOf(WeightControl control) => control.Change switch
    {
        WeightChange.ZeroWeight => "the weight zeroed",
        WeightChange.MeanWeight => "with its mean contribution back",
        WeightChange.ZeroNeuron => "the neuron zeroed",
        WeightChange.MeanNeuron => "with its mean contribution back",
        _ => "a random weight of like magnitude zeroed",
    };

    /// <summary>A share that rounds to nothing has no sign.</summary>
    private static string OfPeak(double share) => NumberText.Percent(Math.Abs(share) < 0.0005 ? 0 : share);

    private static string Share(double? share) => share is { } value ? NumberText.Percent(value) : "nothing";
}

using OutlierQuant.Eval.Reports;
using OutlierQuant.Eval.Scoring;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Says in words what a study of interventions found.</summary>
internal static class InterventionVerdict
{
    /// <summary>The share of the damage of zeroing up to which another intervention counts as avoiding it.</summary>
    private const double Avoided = 0.1;

    public static IReadOnlyList<string> Describe(InterventionTarget target, PerplexityResult baseline, IReadOnlyList<InterventionArm> arms)
    {
        var what = target.IsMassive ? "massive" : "largest (under the detector's thresholds)";
        var places = string.Join(", ", target.Coordinates.GroupBy(coordinate => coordinate.TokenClass)
            .Select(group => $"{group.Key.ToString().ToLowerInvariant()} channels {string.Join(", ", group.Select(coordinate => coordinate.Channel))}"));
        var sentences = new List<string>
        {
            $"Changed the {what} values at the output of block {target.Block}: {places}. Untouched perplexity {NumberText.Short(baseline.Perplexity)} on {baseline.WindowsScored} windows.",
        };
        if (Find(arms, Intervention.Zero) is not { } zero)
        {
            return sentences;
        }

        var controls = arms.Where(arm => arm.Intervention is Intervention.ZeroRandom or Intervention.ZeroMedian).ToArray();
        var control = controls.Length == 0 ? "" : $" Zeroing as many other values of the same tokens gives {string.Join(" and ", controls.Select(arm => NumberText.Short(arm.Perplexity)))}.";
        var needed = Hurts(zero);
        var without = $"without them the perplexity is {NumberText.Short(zero.Perplexity)} ({NumberText.Ratio(zero.Ratio)}).{control}";
        sentences.Add(!needed ? $"The model does not need these values: {without}" : zero.Ratio < PairedScore.Strong ? $"These values matter a little: {without}" : $"The model needs these values: {without}");
        if (needed && Find(arms, Intervention.Mean) is { } mean)
        {
            sentences.Add(mean.DeltaNll <= Avoided * zero.DeltaNll
                ? $"Constants in their place do as well ({NumberText.Short(mean.Perplexity)}): they work as biases that do not depend on the input."
                : $"Constants in their place do not do as well ({NumberText.Short(mean.Perplexity)}): what varies in them matters too.");
        }

        if (needed && Find(arms, Intervention.Clip) is { } clip)
        {
            sentences.Add(clip.DeltaNll <= Avoided * zero.DeltaNll
                ? $"Clipped to the size of their neighbours they still serve ({NumberText.Short(clip.Perplexity)}): their sign is enough."
                : $"Clipped to the size of their neighbours they do not serve ({NumberText.Short(clip.Perplexity)}): their size is what counts.");
        }

        return sentences;
    }

    private static bool Hurts(InterventionArm arm) => arm.DeltaNll > PairedScore.Harmless && (arm.DeltaNllCi95 is not { } interval || interval.Low > 0);

    private static InterventionArm? Find(IReadOnlyList<InterventionArm> arms, Intervention intervention) => arms.FirstOrDefault(arm => arm.Intervention == intervention);
}

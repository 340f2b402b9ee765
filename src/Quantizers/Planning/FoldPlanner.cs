using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>Writes down what is folded.</summary>
internal static class FoldPlanner
{
    /// <summary>Makes the plan of a model's fold; null when it has none.</summary>
    /// <param name="fold">The fold.</param>
    /// <param name="profile">How a fold came about; null where that is not known. Ignored where it is another.</param>
    public static FoldPlan? Plan(Fold? fold, FoldProfile? profile)
    {
        if (fold is null)
        {
            return null;
        }

        profile = profile is not null && profile.Description.Describes(fold) ? profile : null;
        FoldDescription description = FoldDescription.Of(fold);
        List<string> reasons = [$"The keys and values of {(profile is null ? description.ToString() : profile.ToString())} do not depend on later tokens; they are computed once in full precision and leave the stream"];
        if (profile?.Search is { } search)
        {
            reasons.Add($"{search.Steps.Count} {(search.Steps.Count == 1 ? "prefix was" : "prefixes were")} tried on {search.Windows} windows: {search.Reason}");
        }

        if (profile?.Merge is { } merge)
        {
            reasons.Add(FormattableString.Invariant($"{merge.Slots} pairs a head were merged into one by least squares, which misses the log-sum-exp of their scores by {merge.KeyResidual:G3} nats (root mean square over heads; worst {merge.Worst.KeyResidual:G3} in block {merge.Worst.Block}, head {merge.Worst.Head})"));
        }

        if (profile?.Drop is { } drop)
        {
            reasons.Add(FormattableString.Invariant($"{drop.Dropped} of {drop.Values.Count} values are below {drop.Bound:G3} of their head's mean value norm and became 0"));
        }

        return new FoldPlan(description, string.Join(". ", reasons) + ".");
    }
}

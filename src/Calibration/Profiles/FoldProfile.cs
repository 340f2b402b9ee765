using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Calibration.Profiles;

/// <summary>The fold of the model that a profile was made from, and how it came about.</summary>
public sealed record FoldProfile
{
    /// <summary>What is folded.</summary>
    public required FoldDescription Description { get; init; }

    /// <summary>The texts of the prefix's tokens, control characters escaped.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>How the prefix was found; null when it was given.</summary>
    public required FoldSearchResult? Search { get; init; }

    /// <summary>How pairs were merged; null when none were.</summary>
    public required SlotMergeResult? Merge { get; init; }

    /// <summary>Which values were dropped; null when that was not asked for.</summary>
    public required ValueDropResult? Drop { get; init; }

    /// <summary>What the stream held before folding, on the same text; null when the model was folded already.</summary>
    public required UnfoldedRanges? Before { get; init; }

    /// <summary>Returns the prefix's texts, and what is folded.</summary>
    public override string ToString() => $"[{string.Join(" ", Tokens)}] ({Description})";
}

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>What becomes of the matches of a split pattern, shown for a split of <c>a--b</c> at <c>-</c>.</summary>
internal enum SplitBehavior
{
    /// <summary>Left out: <c>a b</c>.</summary>
    Removed,

    /// <summary>Words of their own: <c>a - - b</c>.</summary>
    Isolated,

    /// <summary>The end of the word before: <c>a- - b</c>.</summary>
    MergedWithPrevious,

    /// <summary>The start of the word after: <c>a - -b</c>.</summary>
    MergedWithNext,

    /// <summary>One word for each run of matches: <c>a -- b</c>.</summary>
    Contiguous,
}

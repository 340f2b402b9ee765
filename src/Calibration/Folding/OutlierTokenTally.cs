namespace OutlierQuant.Calibration.Folding;

/// <summary>The tokens of some windows that hold something massive.</summary>
/// <param name="found">The id of each such token, every place in the windows once.</param>
internal sealed class OutlierTokenTally(IReadOnlyCollection<int> found)
{
    /// <summary>Gets the number of such tokens.</summary>
    public int Count => found.Count;

    /// <summary>Lists the token ids by falling frequency, the lower id first among equals.</summary>
    public IReadOnlyList<(int TokenId, int Count)> ByFrequency() =>
        [.. found.CountBy(id => id).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value))];
}

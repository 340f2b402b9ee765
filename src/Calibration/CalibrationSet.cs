namespace OutlierQuant.Calibration;

/// <summary>Token sequences used to gather statistics.</summary>
/// <param name="Source">Where the text came from, as shown to people: a file name.</param>
/// <param name="Windows">The sequences, in the order of the text. Each of shape <c>[context]</c>.</param>
/// <param name="Bos">Whether each window begins with the beginning-of-sequence token.</param>
/// <param name="Context">Tokens in a window, the beginning-of-sequence token included.</param>
/// <param name="WindowsInText">How many whole windows the text holds; more than <paramref name="Windows"/> if some were left out.</param>
public sealed record CalibrationSet(string Source, IReadOnlyList<int[]> Windows, bool Bos, int Context, int WindowsInText)
{
    /// <summary>Gets the beginning-of-sequence token, which every window must begin with.</summary>
    /// <exception cref="ArgumentException">The windows do not begin with it.</exception>
    public int RequireBos() => Bos && Windows.Count > 0
        ? Windows[0][0]
        : throw new ArgumentException("The windows of the text do not begin with BOS, which stands for a folded prefix; prepend it (leave out --no-bos).");

    /// <summary>Gives fewer windows, evenly spaced: of n windows those at <c>⌊i · (n − 1) / (count − 1)⌋</c>, the first and the last among them.</summary>
    /// <param name="count">The most windows to keep, at least 1.</param>
    public CalibrationSet Pick(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return count >= Windows.Count
            ? this
            : this with { Windows = [.. Enumerable.Range(0, count).Select(i => Windows[(int)((long)i * (Windows.Count - 1) / Math.Max(count - 1, 1))])] };
    }

    /// <summary>Gives the windows without what is at their end beyond a number of tokens.</summary>
    /// <param name="tokens">The most tokens of a window.</param>
    public CalibrationSet Shorten(int tokens) =>
        tokens >= Context ? this : this with { Context = tokens, Windows = [.. Windows.Select(window => window[..Math.Min(tokens, window.Length)])] };
}

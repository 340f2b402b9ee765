namespace OutlierQuant.Calibration;

/// <summary>Token sequences used to gather statistics.</summary>
/// <param name="Source">Where the text came from, as shown to people: a file name.</param>
/// <param name="Windows">The sequences, in the order of the text. Each of shape <c>[context]</c>.</param>
/// <param name="Bos">Whether each window begins with the beginning-of-sequence token.</param>
/// <param name="Context">Tokens in a window, the beginning-of-sequence token included.</param>
/// <param name="WindowsInText">How many whole windows the text holds; more than <paramref name="Windows"/> if some were left out.</param>
public sealed record CalibrationSet(string Source, IReadOnlyList<int[]> Windows, bool Bos, int Context, int WindowsInText);

namespace OutlierQuant.Calibration.Profiles;

/// <summary>Which text a profile was made from.</summary>
/// <param name="Source">The text's file name.</param>
/// <param name="Windows">Windows used.</param>
/// <param name="WindowsInText">Whole windows in the text.</param>
/// <param name="Context">Tokens in a window, the beginning-of-sequence token included.</param>
/// <param name="Bos">Whether each window began with the beginning-of-sequence token.</param>
/// <param name="Tokens">Tokens in all windows used.</param>
public sealed record CalibrationText(string Source, int Windows, int WindowsInText, int Context, bool Bos, long Tokens);

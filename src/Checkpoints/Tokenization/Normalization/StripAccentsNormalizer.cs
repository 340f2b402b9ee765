using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Removes marks; accents of composed letters stay unless a decomposition comes before.</summary>
internal sealed class StripAccentsNormalizer : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsMark(rune))
            {
                result.Append(rune.ToString());
            }
        }

        return result.ToString();
    }

    /// <inheritdoc/>
    public bool KeepsStart(string text) => text.Length == 0 || !IsMark(Rune.GetRuneAt(text, 0));

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}

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
            if (Rune.GetUnicodeCategory(rune) is not
                (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
            {
                result.Append(rune.ToString());
            }
        }

        return result.ToString();
    }
}

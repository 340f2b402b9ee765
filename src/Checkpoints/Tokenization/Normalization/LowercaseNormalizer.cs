using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Lowers every letter by itself, without regard to its neighbours or to a language.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            // The capital I with a dot is the one letter whose lower case is two code points.
            result.Append(rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());
        }

        return result.ToString();
    }
}

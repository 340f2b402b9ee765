using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints;

/// <summary>Quotes text that comes from a file, so that it can stand in a one-line message.</summary>
internal static class Quotation
{
    private const int LongestQuote = 120;

    /// <summary>Puts the text in single quotes, as <see cref="Escape"/> gives it.</summary>
    public static string Of(string text) => $"'{Escape(text)}'";

    /// <summary>Escapes control characters, and cuts what is longer than 120 characters.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char character in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
        {
            // Lone surrogates and line separators would be as harmful to a log line as control characters.
            if (char.IsControl(character) || char.IsSurrogate(character) || character is '\u2028' or '\u2029')
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }
            else
            {
                escaped.Append(character);
            }
        }

        if (text.Length > LongestQuote)
        {
            escaped.Append(CultureInfo.InvariantCulture, $"… ({text.Length} characters)");
        }

        return escaped.ToString();
    }
}

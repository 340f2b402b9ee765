using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Writes the characters that a pattern names, with their other cases where it disregards case, and keeps a list.</summary>
internal sealed class OnigurumaLetters
{
    /// <summary>Why a character is refused.</summary>
    public const string Refusal = "a character is named that is above U+FFFF, or a cased letter above U+007F where case is disregarded; neither is supported";

    private const char LongS = '\u017F';
    private const char KelvinSign = '\u212A';

    /// <summary>Gets the ranges named so far.</summary>
    public List<(char First, char Last)> Named { get; } = [];

    /// <summary>Whether two letters in a row are also written as one: ß, and the Latin ligatures.</summary>
    public static bool FoldTogether(char first, char second) => (first, second) is ('s', 's') or ('s', 't') or ('f', 'f') or ('f', 'i') or ('f', 'l');

    /// <summary>A character outside a set, or null where it is refused.</summary>
    public string? Literal(char character, bool ignoreCase)
    {
        StringBuilder set = new();
        return TryAppendRange(character, character, ignoreCase, set) ? set.Length == 6 ? set.ToString() : $"[{set}]" : null;
    }

    /// <summary>Appends a range to the inside of a set; false where it is refused.</summary>
    public bool TryAppendRange(char first, char last, bool ignoreCase, StringBuilder set)
    {
        if (char.IsSurrogate(first) || char.IsSurrogate(last))
        {
            return false;
        }

        Append(first, last, set);
        return !ignoreCase || TryAppendOtherCases(first, last, set);
    }

    private bool TryAppendOtherCases(char first, char last, StringBuilder set)
    {
        for (int code = first; code <= last; code++)
        {
            char character = (char)code;
            if (char.IsAsciiLetter(character))
            {
                char other = (char)(character ^ 0x20);
                Append(other, other, set);
                if (char.ToLowerInvariant(character) is 's' or 'k')
                {
                    char third = char.ToLowerInvariant(character) == 's' ? LongS : KelvinSign;
                    Append(third, third, set);
                }
            }
            else if (char.GetUnicodeCategory(character) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter)
            {
                return false;
            }
        }

        return true;
    }

    private void Append(char first, char last, StringBuilder set)
    {
        // Written by number, no character can have a meaning of its own.
        Named.Add((first, last));
        set.Append(CultureInfo.InvariantCulture, $"\\u{(int)first:X4}");
        if (last > first)
        {
            set.Append(CultureInfo.InvariantCulture, $"-\\u{(int)last:X4}");
        }
    }
}

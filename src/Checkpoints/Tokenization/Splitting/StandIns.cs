using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>For each category of Unicode a character below U+10000 that a regular expression treats like any other code point
/// of that category which it does not name.</summary>
internal sealed class StandIns
{
    private readonly char?[] _byCategory = new char?[(int)UnicodeCategory.OtherNotAssigned + 1];
    private readonly char? _circledLetter;

    /// <summary>Initializes the stand-ins for one expression.</summary>
    /// <param name="named">The ranges of characters that the expression names; none of them can stand in for another.</param>
    public StandIns(IReadOnlyList<(char First, char Last)> named)
    {
        for (int codePoint = 0x80; codePoint <= char.MaxValue; codePoint++)
        {
            char character = (char)codePoint;
            if (named.Any(range => character >= range.First && character <= range.Last))
            {
                continue;
            }

            // Circled letters are the symbols that count as word characters.
            if (WordRunes.IsCircledLetter(codePoint))
            {
                _circledLetter ??= character;
            }
            else if (!char.IsWhiteSpace(character) && !OnigurumaClasses.IsOddWordCharacter(character))
            {
                _byCategory[(int)char.GetUnicodeCategory(character)] ??= character;
            }
        }
    }

    /// <summary>The stand-in of a code point above U+FFFF.</summary>
    /// <exception cref="CheckpointFormatException">The expression names every character of its category.</exception>
    public char Of(Rune rune, string path, string source)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        char? found = WordRunes.IsCircledLetter(rune.Value) ? _circledLetter : _byCategory[(int)category];
        return found ?? throw new CheckpointFormatException(path, 0, $"the pattern {Quotation.Of(source)} names every character of the category {category}, so it cannot be matched against U+{rune.Value:X4}; a pattern that uses \\p{{…}} is required");
    }
}

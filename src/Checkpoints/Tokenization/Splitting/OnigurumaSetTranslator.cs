using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Translates a bracketed set of characters, and the escapes that sets share with the rest of a pattern.</summary>
/// <param name="pattern">The whole pattern.</param>
/// <param name="letters">Writes and lists the characters.</param>
internal sealed class OnigurumaSetTranslator(string pattern, OnigurumaLetters letters)
{
    /// <summary>Translates a set.</summary>
    /// <param name="position">Behind the opening bracket; moves behind the closing one.</param>
    /// <param name="ignoreCase">Whether letters stand for all their cases.</param>
    public string Translate(ref int position, bool ignoreCase)
    {
        StringBuilder set = new("[");
        if (position < pattern.Length && pattern[position] == '^')
        {
            set.Append('^');
            position++;
        }

        int first = position;
        while (position < pattern.Length && (pattern[position] != ']' || position == first))
        {
            if (pattern[position] == '[' || pattern.AsSpan(position).StartsWith("&&"))
            {
                throw Wrong(position, "a set is combined with a set, which is not supported");
            }

            if (TryReadClass(ref position, out string? named))
            {
                set.Append(named);
                continue;
            }

            char low = ReadCharacter(ref position);
            char high = low;
            if (position + 1 < pattern.Length && pattern[position] == '-' && pattern[position + 1] is not (']' or '['))
            {
                position++;
                high = TryReadClass(ref position, out _)
                    ? throw Wrong(position, "a class ends a range")
                    : ReadCharacter(ref position);
            }

            if (high < low)
            {
                throw Wrong(position, "a range falls");
            }

            if (!letters.TryAppendRange(low, high, ignoreCase, set))
            {
                throw Wrong(position, OnigurumaLetters.Refusal);
            }
        }

        if (position >= pattern.Length)
        {
            throw Wrong(position, "a set is not closed");
        }

        position++;
        return set.Append(']').ToString();
    }

    /// <summary>Translates <c>\p{…}</c> or <c>\P{…}</c>.</summary>
    /// <param name="pattern">The whole pattern.</param>
    /// <param name="position">At the p; moves behind the brace.</param>
    public static string Property(string pattern, ref int position)
    {
        int end = position + 1 < pattern.Length && pattern[position + 1] == '{' ? pattern.IndexOf('}', position) : -1;
        string name = end < 0 ? "" : pattern[(position + 2)..end];
        string property = OnigurumaClasses.Property(name, isNegated: pattern[position] == 'P')
            ?? throw Wrong(position, $"the property {Quotation.Of(name)} is not supported; supported are the general categories, such as L, Lu and N");
        position = end + 1;
        return property;
    }

    /// <summary>Reads the character that an escape stands for.</summary>
    /// <param name="pattern">The whole pattern.</param>
    /// <param name="position">Behind the backslash; moves behind the escape.</param>
    public static char EscapedCharacter(string pattern, ref int position)
    {
        char name = pattern[position++];
        switch (name)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return '\e';
            case 'u': return Number(pattern, ref position, 4, char.MaxValue);
            case 'x' when position < pattern.Length && pattern[position] == '{':
                int length = pattern.IndexOf('}', position) - position - 1;
                position++;
                char character = Number(pattern, ref position, length, char.MaxValue);
                position++;
                return character;
            case 'x': return Number(pattern, ref position, 2, 0x7F); // above it, two digits are a byte and not a character
            default:
                return char.IsAsciiLetterOrDigit(name)
                    ? throw Wrong(position - 1, $"the escape \\{name} is not supported")
                    : name;
        }
    }

    private static char Number(string pattern, ref int position, int length, int largest)
    {
        if (length is < 1 or > 6 || position + length > pattern.Length
            || !int.TryParse(pattern.AsSpan(position, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            || value > largest)
        {
            throw Wrong(position, $"a number must be hexadecimal and at most {largest:X}");
        }

        position += length;
        return (char)value;
    }

    private char ReadCharacter(ref int position)
    {
        char character = pattern[position++];
        return character != '\\' ? character
            : position < pattern.Length ? EscapedCharacter(pattern, ref position)
            : throw Wrong(position, "a backslash ends it");
    }

    private bool TryReadClass(ref int position, out string? named)
    {
        named = null;
        if (pattern[position] != '\\' || position + 1 == pattern.Length)
        {
            return false;
        }

        char name = pattern[position + 1];
        if (name is 'p' or 'P')
        {
            position++;
            named = Property(pattern, ref position);
            return true;
        }

        named = name switch
        {
            's' or 'S' or 'd' or 'D' => $@"\{name}",
            'w' => OnigurumaClasses.WordInSet,
            'h' => OnigurumaClasses.HexadecimalDigit,
            _ => null,
        };
        position += named is null ? 0 : 2;
        return named is not null;
    }

    private static FormatException Wrong(int position, string problem) => new($"at character {position} {problem}");
}

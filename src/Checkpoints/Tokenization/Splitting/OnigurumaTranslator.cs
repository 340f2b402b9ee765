using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Translates the regular expressions of tokenizers, which are Oniguruma's with Ruby's syntax, to .NET.</summary>
/// <remarks>What both write alike but mean differently is rewritten: <c>^</c> and <c>$</c> (line ends), <c>\w</c>, <c>\b</c>, <c>\h</c>,
/// possessive quantifiers, <c>{,n}</c>, and letter case, which is spelled out (<c>(?i:s)</c> matches s, S and the long s). What has
/// no counterpart is refused: scripts and other properties, sets in sets, back-references, <c>\R</c>, <c>\X</c>, <c>\K</c>, <c>\G</c>.</remarks>
internal sealed class OnigurumaTranslator
{
    private const int LongestPattern = 10_000;
    private const int DeepestGroup = 50;
    private const string WordBoundary = $"(?:(?<=[{OnigurumaClasses.Word}])(?![{OnigurumaClasses.Word}])|(?<![{OnigurumaClasses.Word}])(?=[{OnigurumaClasses.Word}]))";
    private const string NoWordBoundary = $"(?:(?<=[{OnigurumaClasses.Word}])(?=[{OnigurumaClasses.Word}])|(?<![{OnigurumaClasses.Word}])(?![{OnigurumaClasses.Word}]))";

    private static readonly string[] GroupMarkers = ["?:", "?=", "?!", "?<=", "?<!", "?>"];

    private readonly string _pattern;
    private readonly OnigurumaLetters _letters = new();
    private int _position;

    private OnigurumaTranslator(string pattern) => _pattern = pattern;

    /// <summary>Translates a pattern.</summary>
    /// <exception cref="FormatException">It is not valid, or uses what has no counterpart; the message says what and where.</exception>
    public static OnigurumaTranslation Translate(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw new FormatException($"it has {pattern.Length} characters; at most {LongestPattern} are allowed");
        }

        OnigurumaTranslator translator = new(pattern);
        string expression = translator.Alternatives(new Options(IgnoreCase: false, DotMatchesAll: false), depth: 0);
        return translator._position == pattern.Length
            ? new OnigurumaTranslation(expression, translator._letters.Named)
            : throw translator.Wrong("a group is closed that was not opened");
    }

    private bool AtEnd => _position == _pattern.Length;

    private string Alternatives(Options options, int depth)
    {
        if (depth > DeepestGroup)
        {
            throw Wrong($"groups nest more than {DeepestGroup} deep");
        }

        StringBuilder result = new();
        char previousLetter = '\0';
        while (!AtEnd && _pattern[_position] != ')')
        {
            int start = _position;
            if (_pattern[_position] == '|')
            {
                _position++;
                result.Append('|');
                previousLetter = '\0';
                continue;
            }

            Atom atom = NextAtom(ref options, isFirst: result.Length == 0, depth);
            string quantified = Quantify(atom);
            char letter = _position - start == 1 ? char.ToLowerInvariant(_pattern[start]) : '\0';
            if (options.IgnoreCase && OnigurumaLetters.FoldTogether(previousLetter, letter))
            {
                throw Wrong($"\"{previousLetter}{letter}\" without regard to case also means a ligature, which is not supported");
            }

            previousLetter = letter;
            result.Append(quantified);
        }

        return result.ToString();
    }

    private Atom NextAtom(ref Options options, bool isFirst, int depth)
    {
        char character = _pattern[_position++];
        switch (character)
        {
            case '(':
                return Group(ref options, isFirst, depth);
            case '[':
                return new Atom(new OnigurumaSetTranslator(_pattern, _letters).Translate(ref _position, options.IgnoreCase), CanRepeat: true);
            case '.':
                return new Atom(options.DotMatchesAll ? @"[\s\S]" : @"[^\n]", CanRepeat: true);
            case '^':
                return new Atom(@"(?:\A|(?<=\n)(?!\z))", CanRepeat: false);
            case '$':
                return new Atom(@"(?=\n|\z)", CanRepeat: false);
            case '\\':
                return Escape(options);
            case '*' or '+' or '?':
                throw Wrong($"the quantifier {character} has nothing before it to repeat");
            default:
                return new Atom(_letters.Literal(character, options.IgnoreCase) ?? throw Wrong(OnigurumaLetters.Refusal), CanRepeat: true);
        }
    }

    private Atom Escape(Options options)
    {
        if (AtEnd)
        {
            throw Wrong("a backslash ends it");
        }

        char name = _pattern[_position];
        (string? text, bool canRepeat) = name switch
        {
            's' or 'S' or 'd' or 'D' => ($@"\{name}", true),
            'w' => ($"[{OnigurumaClasses.Word}]", true),
            'W' => ($"[^{OnigurumaClasses.Word}]", true),
            'h' => ($"[{OnigurumaClasses.HexadecimalDigit}]", true),
            'H' => ($"[^{OnigurumaClasses.HexadecimalDigit}]", true),
            'b' => (WordBoundary, false),
            'B' => (NoWordBoundary, false),
            'A' or 'z' or 'Z' => ($@"\{name}", false),
            _ => (null, true),
        };
        if (text is not null)
        {
            _position++;
            return new Atom(text, canRepeat);
        }

        if (name is 'p' or 'P')
        {
            return new Atom(OnigurumaSetTranslator.Property(_pattern, ref _position), CanRepeat: true);
        }

        char character = OnigurumaSetTranslator.EscapedCharacter(_pattern, ref _position);
        return new Atom(_letters.Literal(character, options.IgnoreCase) ?? throw Wrong(OnigurumaLetters.Refusal), CanRepeat: true);
    }

    private Atom Group(ref Options options, bool isFirst, int depth)
    {
        string opening = "(?:"; // captures are never asked for, and a group that does not capture matches the same
        bool canRepeat = true;
        Options inside = options;
        if (!AtEnd && _pattern[_position] == '?')
        {
            string? marker = GroupMarkers.FirstOrDefault(
                marker => _pattern.AsSpan(_position).StartsWith(marker, StringComparison.Ordinal));
            if (marker is not null)
            {
                _position += marker.Length;
                opening = $"({marker}";
                canRepeat = marker is "?:" or "?>";
            }
            else if (ReadOptions(ref inside))
            {
                if (!isFirst)
                {
                    throw Wrong("options without a group stand after other parts, where their reach is ambiguous");
                }

                options = inside;
                return new Atom("", CanRepeat: false);
            }
        }

        string body = Alternatives(inside, depth + 1);
        if (AtEnd)
        {
            throw Wrong("a group is not closed");
        }

        _position++;
        return new Atom($"{opening}{body})", canRepeat);
    }

    /// <summary>Reads <c>?im-im</c>; true when the group ends there, so that the options hold for what follows.</summary>
    private bool ReadOptions(ref Options options)
    {
        bool value = true;
        for (_position++; !AtEnd; _position++)
        {
            switch (_pattern[_position])
            {
                case '-':
                    value = false;
                    break;
                case 'i':
                    options = options with { IgnoreCase = value };
                    break;
                case 'm': // Ruby's m is "dot matches all"
                    options = options with { DotMatchesAll = value };
                    break;
                case ':' or ')':
                    return _pattern[_position++] == ')';
                default:
                    throw Wrong("the group is of a kind that is not supported");
            }
        }

        throw Wrong("a group is not closed");
    }

    private string Quantify(Atom atom)
    {
        int start = _position;
        string result = OnigurumaQuantifier.Apply(_pattern, ref _position, atom.Text);
        return _position == start || atom.CanRepeat ? result : throw Wrong("a position is repeated, not text");
    }

    private FormatException Wrong(string problem) => new($"at character {_position} {problem}");

    private readonly record struct Atom(string Text, bool CanRepeat);

    private readonly record struct Options(bool IgnoreCase, bool DotMatchesAll);
}

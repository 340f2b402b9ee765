using System.Text.RegularExpressions;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The matches of a regular expression.</summary>
/// <remarks>Regular expressions of .NET see UTF-16 code units. Where a text has code points above U+FFFF, the expression sees
/// <see cref="StandIns"/> in their place: one character of the same category for each, so that lengths and classes agree.</remarks>
internal sealed class RegexMatcher : IMatcher
{
    private readonly string _path;
    private readonly string _source;
    private readonly Regex _regex;
    private readonly Lazy<StandIns> _standIns;

    /// <summary>Initializes the matcher.</summary>
    /// <param name="path">File of the expression, for messages.</param>
    /// <param name="source">The expression as the file has it.</param>
    /// <param name="translation">The expression in the syntax of .NET.</param>
    /// <param name="patience">Longest time for one match.</param>
    public RegexMatcher(string path, string source, OnigurumaTranslation translation, TimeSpan patience)
    {
        _path = path;
        _source = source;
        _regex = new Regex(translation.Expression, RegexOptions.CultureInvariant | RegexOptions.Compiled, patience);
        _standIns = new(() => new StandIns(translation.Named));
    }

    /// <inheritdoc/>
    public void FindStretches(ReadOnlySpan<char> text, List<Stretch> stretches)
    {
        if (text.IsEmpty)
        {
            return; // where even an empty match would not count
        }

        try
        {
            if (text.ContainsAnyInRange('\uD800', '\uDFFF'))
            {
                FindAmongStandIns(text, stretches);
            }
            else
            {
                Find(text, null, stretches);
            }
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new CheckpointFormatException(_path, 0, $"the pattern {Quotation.Of(_source)} took more than {_regex.MatchTimeout.TotalSeconds} s for one match; a pattern that does not backtrack without end is required", null, exception);
        }
    }

    private void FindAmongStandIns(ReadOnlySpan<char> text, List<Stretch> stretches)
    {
        char[] shadow = new char[text.Length];
        int[] origins = new int[text.Length + 1];
        int length = 0;
        int position = 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            shadow[length] = rune.IsBmp ? (char)rune.Value : _standIns.Value.Of(rune, _path, _source);
            origins[length++] = position;
            position += rune.Utf16SequenceLength;
        }

        origins[length] = position;
        Find(shadow.AsSpan(0, length), origins, stretches);
    }

    /// <summary>Finds the matches; positions are looked up in the origins where there are any.</summary>
    private void Find(ReadOnlySpan<char> text, int[]? origins, List<Stretch> stretches)
    {
        int taken = 0;
        bool any = false;
        foreach (ValueMatch match in _regex.EnumerateMatches(text))
        {
            // As in Oniguruma's own iteration, an empty match directly after a match does not count.
            if (match.Length == 0 && any && match.Index == taken)
            {
                continue;
            }

            Add(taken, match.Index, isMatch: false, origins, stretches);
            taken = match.Index + match.Length;
            stretches.Add(Place(match.Index, taken, isMatch: true, origins));
            any = true;
        }

        Add(taken, text.Length, isMatch: false, origins, stretches);
    }

    private static void Add(int start, int end, bool isMatch, int[]? origins, List<Stretch> stretches)
    {
        if (start < end)
        {
            stretches.Add(Place(start, end, isMatch, origins));
        }
    }

    private static Stretch Place(int start, int end, bool isMatch, int[]? origins) =>
        origins is null ? new Stretch(start, end, isMatch) : new Stretch(origins[start], origins[end], isMatch);
}

using System.Globalization;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Translates quantifiers: greedy, lazy and possessive ones, and counts.</summary>
internal static class OnigurumaQuantifier
{
    private const int LargestCount = 1_000;

    /// <summary>The text with the quantifier that follows it in the pattern, if any.</summary>
    /// <param name="pattern">The whole pattern.</param>
    /// <param name="position">Behind the text; moves behind the quantifier.</param>
    /// <param name="text">What is repeated, already translated.</param>
    public static string Apply(string pattern, ref int position, string text)
    {
        string? quantifier = Read(pattern, ref position);
        if (quantifier is null)
        {
            return text;
        }

        bool isCounted = quantifier[0] == '{';
        char suffix = position < pattern.Length ? pattern[position] : '\0';
        if (suffix is '?' or '+')
        {
            position++;
        }

        string result = suffix switch
        {
            '+' when isCounted => $"(?:{text}{quantifier})+", // Ruby repeats the counted text, where others make it possessive
            '+' => $"(?>{text}{quantifier})",
            '?' when isCounted && !quantifier.Contains(',', StringComparison.Ordinal) => $"(?:{text}{quantifier})?",
            '?' => $"{text}{quantifier}?",
            _ => text + quantifier,
        };
        return Read(pattern, ref position) is null ? result : throw Wrong(position, "a quantifier follows a quantifier");
    }

    private static string? Read(string pattern, ref int position)
    {
        if (position == pattern.Length)
        {
            return null;
        }

        if (pattern[position] is '*' or '+' or '?')
        {
            return pattern[position++].ToString();
        }

        int end = pattern[position] == '{' ? pattern.IndexOf('}', position) : -1;
        string[] counts = end < 0 ? [] : pattern[(position + 1)..end].Split(',');
        if (counts.Length is not (1 or 2) || counts.All(static count => count.Length == 0) || !counts.All(static count => count.All(char.IsAsciiDigit)))
        {
            return null; // a brace that counts nothing is a brace
        }

        int[] bounds = [.. counts.Select(CountOf)];
        if (bounds.Max() > LargestCount || (counts[^1].Length > 0 && bounds[0] > bounds[^1]))
        {
            throw Wrong(position, $"the counts of a quantifier must rise and stay below {LargestCount + 1}");
        }

        position = end + 1;
        return counts.Length == 1 ? $"{{{bounds[0]}}}" : $"{{{bounds[0]},{counts[1]}}}";
    }

    private static int CountOf(string count) => count.Length switch
    {
        0 => 0,
        > 4 => int.MaxValue,
        _ => int.Parse(count, CultureInfo.InvariantCulture),
    };

    private static FormatException Wrong(int position, string problem) => new($"at character {position} {problem}");
}

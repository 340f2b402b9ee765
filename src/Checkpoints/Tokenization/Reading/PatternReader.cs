using System.Text.RegularExpressions;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads the patterns of splits and replacements: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class PatternReader
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads a pattern.</summary>
    public static IMatcher Read(JsonPlace place)
    {
        if (place.Find("String") is { } literal)
        {
            return literal.Text().Length > 0 ? new LiteralMatcher(literal.Text()) : throw literal.Wrong("is empty; a text to look for is required");
        }

        JsonPlace expression = place.Find("Regex") ?? throw place.Wrong("is neither {\"String\": …} nor {\"Regex\": …}; one of them is required");
        string source = expression.Text();
        return source switch
        {
            Gpt2Pattern.Expression => new WordMatcher(new Gpt2Pattern()),
            ContractionPattern.Llama3Expression => new WordMatcher(new ContractionPattern(longestNumber: 3)),
            ContractionPattern.QwenExpression => new WordMatcher(new ContractionPattern(longestNumber: 1)),
            _ => Translate(expression, source),
        };
    }

    private static RegexMatcher Translate(JsonPlace place, string source)
    {
        try
        {
            return new RegexMatcher(place.File, source, OnigurumaTranslator.Translate(source), Patience);
        }
        catch (Exception exception) when (exception is FormatException or RegexParseException)
        {
            throw place.Wrong($"is a pattern that cannot be used: {exception.Message}; see {Quotation.Of(source)}", exception);
        }
    }
}

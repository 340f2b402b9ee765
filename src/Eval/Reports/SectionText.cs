using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Reports;

/// <summary>What sections write alike.</summary>
internal static class SectionText
{
    /// <summary>Writes what was found, a sentence an item.</summary>
    public static void Sentences(Markup page, IEnumerable<string> sentences)
    {
        page.Line($"<ul class=\"story\">");
        foreach (var sentence in sentences)
        {
            page.Line($"<li>{sentence.Replace(" %", "\u00A0%", StringComparison.Ordinal)}</li>");
        }

        page.Line($"</ul>");
    }

    /// <summary>A difference with half of the width of its interval, if there is one.</summary>
    public static string Difference(double delta, Interval? interval) => interval is { } ends
        ? $"{NumberText.Signed(delta)} ± {FormattableString.Invariant($"{(ends.High - ends.Low) / 2:0.0000}")}"
        : NumberText.Signed(delta);

    /// <summary>The three cells of a score: perplexity, ratio, difference.</summary>
    public static string[] Score(PairedScore score) => [NumberText.Short(score.Perplexity), NumberText.Ratio(score.Ratio), Difference(score.DeltaNll, score.DeltaNllCi95)];

    /// <summary>A number that may be missing.</summary>
    public static string? Short(double? value) => value is { } number ? NumberText.Short(number) : null;

    /// <summary>Decibels that may be missing.</summary>
    public static string? Decibels(double? value) => value is { } number ? FormattableString.Invariant($"{number:0.0}") : null;

    /// <summary>A share that may be missing.</summary>
    public static string? Percent(double? share) => share is { } number ? NumberText.Percent(number) : null;

    /// <summary>The name of a value in words: <c>without BOS</c> for <c>WithoutBos</c>.</summary>
    public static string Words<T>(T value)
        where T : struct, Enum
    {
        var words = string.Concat(value.ToString().Select((letter, index) => index > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
        return string.Join(' ', words.Split(' ').Select(word => word == "bos" ? "BOS" : word));
    }

    /// <summary>An interval of nats as one of ratios.</summary>
    public static Interval? Exponentiate(Interval? interval) => interval is { } nats ? new Interval(Math.Exp(nats.Low), Math.Exp(nats.High)) : null;
}

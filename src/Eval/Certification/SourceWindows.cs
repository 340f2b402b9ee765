using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;

namespace OutlierQuant.Eval.Certification;

/// <summary>One source of windows: a text, the tokens of all texts shuffled, or random tokens.</summary>
/// <param name="IsText">Whether it is a text as it was given.</param>
/// <param name="Set">The windows; its source is the name.</param>
internal sealed record SourceWindows(bool IsText, CalibrationSet Set)
{
    private const string Shuffled = "shuffled tokens";
    private const string Random = "random tokens";

    /// <summary>Cuts the texts, and makes as many windows of shuffled and of random tokens as the longest text gave.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="texts">The texts, at least one.</param>
    /// <param name="context">Tokens of a window, BOS included.</param>
    /// <param name="bos">Whether windows begin with BOS.</param>
    /// <param name="options">Number of windows, seed.</param>
    /// <exception cref="ArgumentException">A text is shorter than one window, or two have one name.</exception>
    public static IReadOnlyList<SourceWindows> Make(Tokenizer tokenizer, IReadOnlyList<CertificationText> texts, int context, bool bos, CertificationOptions options)
    {
        if (texts.Select(text => text.Source).Append(Shuffled).Append(Random).CountBy(name => name).FirstOrDefault(name => name.Value > 1) is { Value: > 1 } twice)
        {
            throw new ArgumentException($"Two sources are called '{twice.Key}'; each needs a name of its own.");
        }

        CalibrationSet[] cut = [.. texts.Select(text => TextWindows.Cut(tokenizer, text.Text, text.Source, context, bos, options.MaxWindows))];
        var count = cut.Max(set => set.Windows.Count);
        var all = cut.SelectMany(set => set.Windows).ToArray();
        var shuffled = ControlWindows.Shuffled(all, bos, options.Seed).Take(count).ToArray();
        var random = ControlWindows.RandomTokens(tokenizer.TextTokenIds(), count, context, bos ? tokenizer.BosTokenId : null, options.Seed);
        return
        [
            .. cut.Select(set => new SourceWindows(true, set)),
            new SourceWindows(false, new CalibrationSet(Shuffled, shuffled, bos, context, shuffled.Length)),
            new SourceWindows(false, new CalibrationSet(Random, random, bos, context, random.Count)),
        ];
    }
}

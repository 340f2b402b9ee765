using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Folding;

/// <summary>What folding by itself does to a model's predictions, in full precision: nothing for BOS alone; a longer prefix, merging and dropping each have a price.</summary>
/// <param name="Source">The text.</param>
/// <param name="Windows">Windows scored.</param>
/// <param name="Context">Tokens of a window.</param>
/// <param name="Perplexity">Perplexity of the model without the fold.</param>
/// <param name="FoldedPerplexity">Perplexity of the folded model on the same windows.</param>
/// <param name="DeltaNll">Mean over tokens of the folded model's loss minus the other's, in nats.</param>
/// <param name="DeltaNllCi95">Its 95 % confidence interval, from paired differences clustered by window; null for a single window.</param>
/// <param name="Kl">Mean KL divergence from the model without the fold, in nats per token.</param>
public sealed record FoldCost(string Source, int Windows, int Context, double Perplexity, double FoldedPerplexity, double DeltaNll, Interval? DeltaNllCi95, double Kl)
{
    /// <summary>The most windows scored, evenly spaced over the text.</summary>
    public const int MostWindows = 8;

    /// <summary>Scores a text with both models, by the protocol <c>windows</c>.</summary>
    /// <param name="model">The model without the fold.</param>
    /// <param name="folded">The folded model.</param>
    /// <param name="tokenizer">Their tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="context">Tokens of a window, or null for what both models allow, at most <see cref="PerplexityOptions.DefaultContext"/>.</param>
    /// <param name="progress">Told after every block of every window; null for nobody.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">The text is too short, or the context does not fit.</exception>
    public static FoldCost Measure(
        TransformerModel model, TransformerModel folded, Tokenizer tokenizer, string text, string source, int? context = null, Action<ForwardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(folded);
        var evaluation = EvaluationText.Prepare(folded, tokenizer, text, source, new PerplexityOptions { Context = context, MaxWindows = MostWindows });
        var baseline = new Baseline(model, evaluation.Windows.Count);
        var before = WindowScorer.Score(model, evaluation, baseline, progress, cancellation);
        var after = WindowScorer.Score(folded, evaluation, baseline, progress, cancellation);
        var difference = ClusteredMean.OfDifference(before.Losses, after.Losses);
        return new FoldCost(
            source,
            evaluation.Windows.Count,
            evaluation.Context,
            Math.Exp(ClusteredMean.Of(before.Losses).Mean),
            Math.Exp(ClusteredMean.Of(after.Losses).Mean),
            difference.Mean,
            difference.Interval95,
            ClusteredMean.Of(after.Divergences!).Mean);
    }
}

using OutlierQuant.Calibration.Folding;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>Measures the perplexity of a model on a text.</summary>
public static class PerplexityEvaluator
{
    /// <summary>Scores a text.</summary>
    /// <remarks>The same model, text and options give the same losses bit for bit at any number of threads.</remarks>
    /// <param name="model">The model, full-precision or quantized.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">The text's name, for the result and for messages.</param>
    /// <param name="options">How to cut and score.</param>
    /// <exception cref="ArgumentException">An option does not fit the model or the text; one line says which and what would.</exception>
    /// <exception cref="NonFiniteLogitsException">The model gave a logit that is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static PerplexityResult Run(TransformerModel model, Tokenizer tokenizer, string text, string source, PerplexityOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var evaluation = EvaluationText.Prepare(model, tokenizer, text, source, options);
        return Summarize(model, evaluation, WindowScorer.Score(model, evaluation, null, options.Progress, options.Cancellation));
    }

    /// <summary>Turns the scores of a text's windows into a result.</summary>
    internal static PerplexityResult Summarize(TransformerModel model, EvaluationText text, WindowScores scores)
    {
        var mean = ClusteredMean.Of(scores.Losses);
        return new PerplexityResult
        {
            Source = text.Source,
            Protocol = text.Protocol,
            Context = text.Context,
            Bos = text.Bos,
            Fold = model.Fold is { } fold ? FoldDescription.Of(fold) : null,
            Stride = text.Stride,
            WindowsScored = text.Windows.Count,
            WindowsInText = text.WindowsInText,
            TokensScored = mean.Count,
            BytesScored = text.BytesScored,
            MeanNll = mean.Mean,
            StandardError = mean.StandardError,
            StandardErrorPerToken = mean.StandardErrorPerToken,
            Perplexity = Math.Exp(mean.Mean),
            BitsPerByte = mean.Mean * mean.Count / (Math.Log(2) * text.BytesScored),
            TokensPerSecond = mean.Count / scores.Elapsed.TotalSeconds,
            PeakMemoryBytes = scores.PeakMemoryBytes,
            Kernels = model.DescribeKernels(text.Context),
            Timing = model.Context.Timing?.Take(scores.Elapsed, text.Windows.Sum(window => (long)window.TokenIds.Length)),
            Losses = scores.Losses,
        };
    }
}

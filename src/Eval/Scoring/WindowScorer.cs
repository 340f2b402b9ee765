using System.Diagnostics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Scoring;

/// <summary>Runs a model over the windows of a text and scores every target.</summary>
internal static class WindowScorer
{
    /// <summary>Scores a text, alone or against a baseline.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The windows.</param>
    /// <param name="baseline">What to compare with; when its model is <paramref name="model"/> itself, its hidden states are filled in instead. Null for neither.</param>
    /// <param name="progress">Called as the work goes on.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite.</exception>
    public static WindowScores Score(
        TransformerModel model, EvaluationText text, Baseline? baseline, Action<ForwardProgress>? progress, CancellationToken cancellation)
    {
        var memory = new PeakMemory();
        memory.Sample();
        var scorer = new TokenScorer(model, text.Windows, baseline);
        var clock = Stopwatch.StartNew();
        new ForwardPass(model).Run([.. text.Windows.Select(window => window.TokenIds)], scorer, new ForwardOptions
        {
            // A strided text has BOS before its first window only, which its first token shows.
            StartsWithBos = text.Bos && text.Protocol != PerplexityProtocol.Strided ? true : null,
            Progress = done =>
            {
                memory.SampleSometimes();
                progress?.Invoke(done);
            },
            Cancellation = cancellation,
        });
        clock.Stop();
        memory.Sample();
        return new WindowScores
        {
            Losses = scorer.Losses,
            Divergences = scorer.Divergences,
            TopOneAgreements = scorer.TopOneAgreements,
            Elapsed = clock.Elapsed,
            PeakMemoryBytes = memory.Bytes,
        };
    }
}

using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Scores the last text untouched and with the values of targets changed, with constants that come from the first text.</summary>
internal sealed class InterventionTrial
{
    /// <summary>A difference in nats per token up to which an intervention does no damage worth the name: 0.5 % of the perplexity.</summary>
    public const double Harmless = 0.005;

    /// <summary>The interventions that a certificate needs.</summary>
    public static readonly IReadOnlyList<Intervention> Interventions = [Intervention.Zero, Intervention.Mean, Intervention.ZeroMedian, Intervention.ZeroRandom];

    private readonly TransformerModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly EvaluationText _text;
    private readonly string _meansFrom;
    private readonly CertificationOptions _options;
    private readonly CertificationPasses _passes;
    private readonly double[][] _untouched;

    /// <summary>Cuts the text and scores it untouched.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text to score.</param>
    /// <param name="meansFrom">Name of the text that constants come from.</param>
    /// <param name="set">How texts are cut.</param>
    /// <param name="options">Seed, resamples.</param>
    /// <param name="passes">Reports each pass.</param>
    public InterventionTrial(
        TransformerModel model, Tokenizer tokenizer, CertificationText text, string meansFrom, CalibrationSet set, CertificationOptions options, CertificationPasses passes)
    {
        (_model, _tokenizer, _meansFrom, _options, _passes) = (model, tokenizer, meansFrom, options, passes);
        _text = EvaluationText.Prepare(model, tokenizer, text.Text, text.Source, new PerplexityOptions { Context = set.Context, Bos = set.Bos, MaxWindows = options.MaxWindows });
        _untouched = Score(model, "untouched");
    }

    /// <summary>Changes the values of one target in every way.</summary>
    /// <param name="target">The target.</param>
    public InterventionEvidence Run(TargetChoice target)
    {
        var arms = Interventions.Select(intervention => Run(target, intervention)).ToArray();
        var (zero, mean) = (arms.Single(arm => arm.Intervention == Intervention.Zero), arms.Single(arm => arm.Intervention == Intervention.Mean));
        return new InterventionEvidence
        {
            Source = _text.Source,
            MeansFrom = _meansFrom,
            Windows = _text.Windows.Count,
            Resamples = _options.Resamples,
            Perplexity = Math.Exp(ClusteredMean.Of(_untouched).Mean),
            Arms = arms,
            Recovered = zero.DeltaNll > Harmless && zero.DeltaNllCi95 is { Low: > 0 } ? 1 - (mean.DeltaNll / zero.DeltaNll) : null,
        };
    }

    private CertifiedIntervention Run(TargetChoice target, Intervention intervention)
    {
        var transform = new BlockIntervention(target.Block, intervention, target.Coordinates, new TokenClassifier(_tokenizer), _options.Seed, _model.Config.HiddenSize);
        var losses = Score(_model.With(transforms: [.. _model.Transforms, transform]), intervention.ToString());
        return new CertifiedIntervention(
            intervention,
            Math.Exp(ClusteredMean.Of(losses).Mean),
            ClusteredMean.OfDifference(_untouched, losses).Mean,
            PairedBootstrap.Interval95(_untouched, losses, _options.Resamples, _options.Seed),
            transform.EntriesChanged);
    }

    private double[][] Score(TransformerModel model, string name) => WindowScorer.Score(model, _text, null, _passes.Next(name), _options.Cancellation).Losses;
}

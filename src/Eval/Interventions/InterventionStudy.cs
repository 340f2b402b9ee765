using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Changes the massive values where they first appear and measures what that costs, beside matched controls.</summary>
/// <remarks>The values are changed once, in the output of one block; later blocks may write them again, as in Sun et al. (arXiv:2402.17762, section 3.2).</remarks>
public static class InterventionStudy
{
    /// <summary>Scores the untouched model and each intervention on the same tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="profile">Where the massive values are, and their means.</param>
    /// <param name="text">The text to score.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">Where to intervene and how to score.</param>
    /// <exception cref="ArgumentException">An option does not fit the model, the profile or the text.</exception>
    /// <exception cref="NonFiniteLogitsException">A model gave a logit that is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static InterventionResult Run(
        TransformerModel model, Tokenizer tokenizer, CalibrationProfile profile, string text, string source, InterventionOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(options);
        if (profile.Blocks.Count != model.Config.BlockCount || profile.Blocks[0].Channels.Count != model.Config.HiddenSize)
        {
            throw new ArgumentException(
                $"The profile is of a model with {profile.Blocks.Count} blocks of {profile.Blocks[0].Channels.Count} channels, but this one has {model.Config.BlockCount} of {model.Config.HiddenSize}; calibrate this model.");
        }

        var target = InterventionTarget.Choose(profile, options);
        var evaluation = EvaluationText.Prepare(model, tokenizer, text, source, options.Text);
        var armCount = options.Interventions.Count + 1 + (options.LoadBearing ? LoadBearingTest.Arms.Count : 0);
        var tracker = options.LoadBearing ? LoadBearingTest.Track(model, tokenizer, target) : null;
        var watched = tracker is null ? model : model.With(transforms: [.. model.Transforms, tracker]);
        var untouched = WindowScorer.Score(watched, evaluation, null, Report(0, "untouched"), options.Cancellation);
        var arms = new List<InterventionArm>();
        foreach (var intervention in options.Interventions)
        {
            var transform = new BlockIntervention(
                target.Block, intervention, target.Coordinates, new TokenClassifier(tokenizer), options.Seed, model.Config.HiddenSize);
            var changed = model.With(transforms: [.. model.Transforms, transform]);
            var scores = WindowScorer.Score(changed, evaluation, null, Report(arms.Count + 1, intervention.ToString()), options.Cancellation);
            arms.Add(Summarize(intervention, PairedScore.Of(untouched, scores), transform.EntriesChanged));
        }

        var baseline = PerplexityEvaluator.Summarize(model, evaluation, untouched);
        return new InterventionResult
        {
            Model = profile.Model.Name,
            Block = target.Block,
            IsMassive = target.IsMassive,
            Reason = target.Reason,
            Coordinates = target.Coordinates,
            Seed = options.Seed,
            Calibration = profile.Text,
            Baseline = baseline,
            Arms = arms,
            LoadBearing = tracker is null
                ? null
                : LoadBearingTest.Run(model, tokenizer, target, evaluation, untouched, tracker, (arm, name) => Report(arms.Count + 1 + arm, name), options.Cancellation),
            Verdict = InterventionVerdict.Describe(target, baseline, arms),
        };

        Action<ForwardProgress> Report(int arm, string name) => forward => options.Progress?.Invoke(new ArmProgress(arm, armCount, name, forward));
    }

    private static InterventionArm Summarize(Intervention intervention, PairedScore score, long entriesChanged) => new()
    {
        Intervention = intervention,
        Perplexity = score.Perplexity,
        MeanNll = score.MeanNll,
        StandardError = score.StandardError,
        DeltaNll = score.DeltaNll,
        DeltaNllCi95 = score.DeltaNllCi95,
        EntriesChanged = entriesChanged,
    };
}

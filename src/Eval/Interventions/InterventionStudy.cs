using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;
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
        var armCount = options.Interventions.Count + 1;
        var untouched = WindowScorer.Score(model, evaluation, null, Report(0, "untouched"), options.Cancellation);
        var arms = new List<InterventionArm>();
        foreach (var intervention in options.Interventions)
        {
            var transform = new BlockIntervention(
                target.Block, intervention, target.Coordinates, new TokenClassifier(tokenizer), options.Seed, model.Config.HiddenSize);
            var changed = model.With(transforms: [.. model.Transforms, transform]);
            var scores = WindowScorer.Score(changed, evaluation, null, Report(arms.Count + 1, intervention.ToString()), options.Cancellation);
            arms.Add(Summarize(intervention, untouched, scores, transform.EntriesChanged));
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
            Verdict = InterventionVerdict.Describe(target, baseline, arms),
        };

        Action<ForwardProgress> Report(int arm, string name) => forward => options.Progress?.Invoke(new ArmProgress(arm, armCount, name, forward));
    }

    private static InterventionArm Summarize(Intervention intervention, WindowScores untouched, WindowScores scores, long entriesChanged)
    {
        var mean = ClusteredMean.Of(scores.Losses);
        var difference = ClusteredMean.OfDifference(untouched.Losses, scores.Losses);
        return new InterventionArm
        {
            Intervention = intervention,
            Perplexity = Math.Exp(mean.Mean),
            MeanNll = mean.Mean,
            StandardError = mean.StandardError,
            DeltaNll = difference.Mean,
            DeltaNllCi95 = difference.Interval95,
            EntriesChanged = entriesChanged,
        };
    }
}

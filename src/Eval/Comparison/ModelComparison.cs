using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Comparison;

/// <summary>Measures quantized versions of a model against it on the same tokens.</summary>
public static class ModelComparison
{
    /// <summary>Scores the full-precision model, then each arm.</summary>
    /// <remarks>Every plan is made before anything is scored, so that a request that cannot work fails at once; an arm is never left out. The model's final hidden states at the
    /// scored tokens are held meanwhile: <c>4 · tokens · hiddenSize</c> bytes. One arm's codes are in memory at a time.</remarks>
    /// <param name="model">The full-precision model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="profile">Scales, channels and means; null when no arm needs any.</param>
    /// <param name="text">The text to score; best another than the profile's.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">What to compare and how to score.</param>
    /// <exception cref="ArgumentException">An option or arm does not fit the model, the profile or the text; the message names the arm.</exception>
    /// <exception cref="NonFiniteLogitsException">A model gave a logit that is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static ComparisonResult Run(
        TransformerModel model, Tokenizer tokenizer, CalibrationProfile? profile, string text, string source, ComparisonOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Arms.Count == 0)
        {
            throw new ArgumentException("There is no arm to compare; name at least one.");
        }

        var arms = options.Arms.Select(arm => Prepare(model, profile, options, arm)).ToArray();
        var evaluation = EvaluationText.Prepare(model, tokenizer, text, source, options.Text);
        var folded = arms.Any(arm => arm.Plan.Fold is not null) ? options.Folded : null;
        RequireRoomForFold(evaluation, folded?.Model);
        var baseline = new Baseline(model, evaluation.Windows.Count);
        var reference = WindowScorer.Score(model, evaluation, baseline, Report(0, "full precision"), options.Cancellation);
        var results = new List<ArmResult>();
        foreach (var (arm, plan) in arms)
        {
            var quantized = Quantizer.Apply(plan.Fold is null ? model : folded!.Model, plan, cancellation: options.Cancellation);
            var scores = WindowScorer.Score(quantized, evaluation, baseline, Report(results.Count + 1, arm.ToString()), options.Cancellation);
            results.Add(Summarize(arm, plan, quantized, evaluation.Context, reference, scores));
            options.ArmDone?.Invoke(results[^1]);
        }

        var size = ModelSize.Of(model);
        var result = new ComparisonResult
        {
            Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Directory))),
            Calibration = arms.Any(arm => arm.Plan.Calibration is not null) ? profile?.Text : null,
            Fold = folded is null ? null : FoldReport.Of(folded.Profile),
            Baseline = PerplexityEvaluator.Summarize(model, evaluation, reference),
            BaselineBitsPerWeight = size.BitsPerWeight,
            BaselineSizeBytes = size.Bytes,
            Arms = results,
            Verdict = [],
        };
        return result with { Verdict = ComparisonVerdict.Describe(result, profile) };

        Action<ForwardProgress> Report(int arm, string name) => forward => options.Progress?.Invoke(new ArmProgress(arm, arms.Length + 1, name, forward));
    }

    private static (ArmSpecification Arm, QuantizationPlan Plan) Prepare(
        TransformerModel model, CalibrationProfile? profile, ComparisonOptions options, ArmSpecification arm)
    {
        try
        {
            var named = profile ?? options.Folded?.Profile;
            if (arm.Scope.IsFirstMassive && named is null)
            {
                throw new ArgumentException("The first massive block is named by a calibration profile, and there is none; give a calibration text or a block number.");
            }

            if (arm.Preserve.Folds() && options.Folded is null)
            {
                throw new ArgumentException("There is no folded model; give a calibration text, or the profile of a folded model.");
            }

            // The block is that of the model without a fold where it is known, so that arms round the same.
            arm = named is null ? arm : arm with { Scope = arm.Scope.Resolve(named.Onset.Block) };
            var (source, statistics) = arm.Preserve.Folds() ? (options.Folded!.Model, options.Folded.Profile) : (model, profile);
            return (arm, QuantizationPlanner.Plan(source, statistics, new QuantizationOptions
            {
                Scheme = arm.Scheme,
                Preserve = arm.Preserve,
                Channels = arm.Channels,
                IncludeHead = options.IncludeHead,
                Method = options.Method,
                ResidualBlock = arm.Scope.Block,
            }));
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"arm '{arm}': {error.Message}", error);
        }
    }

    private static void RequireRoomForFold(EvaluationText text, TransformerModel? folded)
    {
        if (folded is null)
        {
            return;
        }

        if (text.Context > folded.LongestSequence)
        {
            throw new ArgumentException($"The context is {text.Context} tokens, but the folded prefix leaves sequences of {folded.LongestSequence}; choose a smaller context.");
        }

        if (text.Windows.Any(window => window.TokenIds[0] != folded.Fold!.Prefix!.BosTokenId))
        {
            throw new ArgumentException("Some windows do not begin with BOS, which stands for the folded prefix; leave out --no-bos, and use the protocol windows or llama.cpp.");
        }
    }

    private static ArmResult Summarize(ArmSpecification arm, QuantizationPlan plan, TransformerModel quantized, int context, WindowScores reference, WindowScores scores)
    {
        var mean = ClusteredMean.Of(scores.Losses);
        var difference = ClusteredMean.OfDifference(reference.Losses, scores.Losses);
        var size = ModelSize.Of(quantized);
        return new ArmResult
        {
            Scheme = plan.Scheme + arm.Scope,
            Preserve = plan.Preserve,
            Channels = arm.Channels,
            MeanChannels = plan.Linears.Select(linear => linear.Channels.Count).Concat(plan.Blocks.Select(block => block.Channels.Count)).DefaultIfEmpty(0).Average(),
            Perplexity = Math.Exp(mean.Mean),
            MeanNll = mean.Mean,
            DeltaNll = difference.Mean,
            DeltaNllCi95 = difference.Interval95,
            Kl = ClusteredMean.Of(scores.Divergences!).Mean,
            Top1Agreement = scores.TopOneAgreements / (double)mean.Count,
            BitsPerWeight = size.BitsPerWeight,
            SizeBytes = plan.Forecast.TensorBytes,
            Kernels = quantized.DescribeKernels(context),
            FakeQuantized = arm.Scheme.ResidualBits is not null,
            TokensPerSecond = mean.Count / scores.Elapsed.TotalSeconds,
            Losses = scores.Losses,
        };
    }
}

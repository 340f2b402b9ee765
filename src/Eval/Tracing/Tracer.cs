using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Traces a model's spike from the weights that make it to the error that it causes.</summary>
/// <remarks>Three passes: one calibrates and finds the coordinate, one follows it through a single window, one measures over all windows at the block that was found. Then one for each changed weight.</remarks>
public static class Tracer
{
    private const int MostTokens = 8;

    // Calibration, the followed window, the measurement.
    private const int Passes = 3;

    /// <summary>Traces over the windows of a text, and scores changed weights on them.</summary>
    /// <param name="model">The model, in float.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">The model is quantized or folded or has norms behind attention and MLP, or an option does not fit it or the text.</exception>
    /// <exception cref="NonFiniteActivationException">An activation is NaN or infinite.</exception>
    /// <exception cref="NonFiniteLogitsException">A changed model gave a logit that is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static TraceResult Run(TransformerModel model, Tokenizer tokenizer, string text, string source, TraceOptions options)
    {
        Check(model, options);
        var evaluation = EvaluationText.Prepare(model, tokenizer, text, source, options.Text);
        var set = new CalibrationSet(source, [.. evaluation.Windows.Select(window => window.TokenIds)], evaluation.Bos, evaluation.Context, evaluation.WindowsInText);
        return Run(model, tokenizer, set, evaluation, options);
    }

    /// <summary>Traces a single prompt; weights are not changed, because a prompt is too little to score.</summary>
    /// <param name="model">The model, in float.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="bos">Whether BOS is prepended.</param>
    /// <param name="options">How; what is about cutting a text is not used.</param>
    /// <exception cref="ArgumentException">The model is quantized or folded or has norms behind attention and MLP, or the prompt is empty or too long for it.</exception>
    /// <exception cref="NonFiniteActivationException">An activation is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static TraceResult RunOnPrompt(TransformerModel model, Tokenizer tokenizer, string prompt, bool bos, TraceOptions options)
    {
        Check(model, options);
        int[] ids = [.. bos && tokenizer.BosTokenId is { } first ? (int[])[first] : [], .. tokenizer.Encode(prompt)];
        if (ids.Length < 2)
        {
            throw new ArgumentException($"The prompt has {ids.Length} tokens with BOS; a trace needs at least 2.");
        }

        return Run(model, tokenizer, new CalibrationSet("prompt", [ids], bos, ids.Length, 1), null, options);
    }

    private static TraceResult Run(TransformerModel model, Tokenizer tokenizer, CalibrationSet set, EvaluationText? scored, TraceOptions options)
    {
        var arms = Passes + (scored is null ? 0 : 1 + Enum.GetValues<WeightChange>().Length);
        var profile = Calibrator.Run(model, tokenizer, set, new DetectorOptions(), Report(0, "calibrating"), options.Cancellation);
        var downs = new DownObserver(model);
        var result = new TraceResult
        {
            Version = TraceResult.CurrentVersion,
            Model = profile.Model.Name,
            Text = profile.Text,
            MinRatio = options.MinRatio,
            Origin = SpikeOrigin.None,
            Spike = null,
            Shape = null,
            Path = [],
            SuperWeights = [],
            Downs = [],
            Tokens = [],
            Attention = [],
            Errors = [],
            Baseline = null,
            Controls = [],
            Seed = options.Seed,
            Verdict = [],
        };
        if (!(profile.Onset.Coordinates.Count > 0 && profile.Onset.Coordinates[0].Ratio >= options.MinRatio))
        {
            Observe(set.Windows, 2, "measuring", downs);
            result = result with { Downs = Extremes(profile, downs, tokenizer) };
            return result with { Verdict = TraceVerdict.Describe(result, profile) };
        }

        var spike = Spike.Of(profile, (window, position) => tokenizer.PieceText(set.Windows[window][position]));
        var path = new SpikePath(model, spike.Position, spike.Channels);
        Observe([set.Windows[spike.Window]], 1, "following one token", path);
        var shape = SpikeShape.Of(path.Steps[0]);
        var (first, writer) = (path.Steps[0][shape.FirstBlock], path.Steps[0][shape.WriterBlock]);
        var down = (FloatLinear)model.Linears.Single(linear => linear.Block == writer.Block && linear.Role == LinearRole.Down);

        // Where the spike stands out most; its tokens are known from the first block on.
        var peakBlock = Math.Max(first.Block, profile.Onset.Block);
        var spikes = new SpikeTokens(first.Block, new InterventionCoordinate(spike.Channel, spike.TokenClass, first.After), new TokenClassifier(tokenizer));
        var attention = new AttentionObserver(model, first.Block, spikes);
        var means = new NeuronMeans(down.Name, writer.Neuron, new TokenClassifier(tokenizer));
        var weight = new WeightErrors(down, spike.Channel, writer.Neuron, spikes);
        var neuron = new InputErrors(model, [down], writer.Neuron, $"neuron {writer.Neuron}", profile, spikes);
        var residual = new ResidualErrors(peakBlock, spike.Channels, spikes);
        Linear[] readers = [.. model.Linears.Where(linear => linear.Block == peakBlock + 1 && linear.Role is LinearRole.Query or LinearRole.Key or LinearRole.Value or LinearRole.QueryKeyValue)];
        InputErrors[] next = readers.Length == 0 ? [] : [new InputErrors(model, readers, spike.Channel, $"channel {spike.Channel}", profile, spikes)];
        Observe(set.Windows, 2, "measuring", [downs, spikes, attention, means, residual, neuron, weight, .. next]);

        result = result with
        {
            Origin = shape.Origin,
            Spike = spike,
            Shape = shape,
            Path = path.Steps[0],
            SuperWeights = SuperWeightsOf(shape, path, spike, down.Name),
            Downs = Extremes(profile, downs, tokenizer),
            Tokens =
            [
                .. spikes.Counts.OrderByDescending(found => found.Value).ThenBy(found => found.Key.TokenId).Take(MostTokens)
                    .Select(found => new TokenCount(found.Key.TokenId, tokenizer.PieceText(found.Key.TokenId), found.Key.TokenClass, found.Value)),
            ],
            Attention = attention.Blocks,
            Errors = [.. weight.Errors, .. neuron.Errors, .. residual.Errors, .. next.SelectMany(errors => errors.Errors)],
        };
        if (scored is not null && shape.Origin != SpikeOrigin.Embedding)
        {
            var (baseline, controls) = WeightControls.Run(
                model, tokenizer, down, writer, spike.Channel, means.Means, scored, options.Seed, (arm, name) => Report(Passes + arm, name), options.Cancellation);
            result = result with { Baseline = baseline, Controls = controls };
        }

        return result with { Verdict = TraceVerdict.Describe(result, profile) };

        Action<ForwardProgress> Report(int arm, string name) => forward => options.Progress?.Invoke(new ArmProgress(arm, arms, name, forward));

        void Observe(IReadOnlyList<int[]> windows, int arm, string name, params IReadOnlyList<IForwardObserver> observers)
        {
            var group = new ObserverGroup(observers);
            new ForwardPass(model).Run(windows, group, new ForwardOptions
            {
                Observer = group,
                StartsWithBos = set.Bos,
                Progress = Report(arm, name),
                Cancellation = options.Cancellation,
            });
        }
    }

    /// <summary>Says what of a float model keeps it from being traced; null where nothing does.</summary>
    internal static string? WhyUntraceable(TransformerModel model) => model.Config.Variant.Norm == NormPlacement.Pre
        ? null
        : $"has {VariantName.Norm[model.Config.Variant.Norm]} norms, so no weight of a down projection is what its block adds to the stream; a trace needs norms before attention and MLP only.";

    private static void Check(TransformerModel model, TraceOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.MinRatio >= 1 && double.IsFinite(options.MinRatio)))
        {
            throw new ArgumentException($"The smallest ratio of a spike is {options.MinRatio}; it must be a number of at least 1.");
        }

        FloatModel.Require(model, "a trace");
        UnfoldedModel.Require(model, "a trace");
        if (WhyUntraceable(model) is { } reason)
        {
            throw new ArgumentException($"{model.Directory} {reason}");
        }
    }

    private static IReadOnlyList<SuperWeight> SuperWeightsOf(SpikeShape shape, SpikePath path, Spike spike, string linear)
    {
        if (shape.Origin != SpikeOrigin.Step)
        {
            return [];
        }

        var neuron = path.Steps[0][shape.WriterBlock].Neuron;
        return
        [
            .. spike.Channels.Zip(path.Steps, (channel, steps) => (Channel: channel, Step: steps[shape.WriterBlock]))
                .Where(found => found.Step.Neuron == neuron && found.Step.ContributionShare >= SpikeShape.Half)
                .Select(found => new SuperWeight(linear, found.Channel, neuron, found.Step.Weight, found.Step.NeuronInput, found.Step.ContributionShare!.Value)),
        ];
    }

    private static IReadOnlyList<DownExtremes> Extremes(CalibrationProfile profile, DownObserver downs, Tokenizer tokenizer) =>
    [
        .. profile.Blocks.Select(block =>
        {
            var (input, output) = downs.Found[block.Block];
            var top = block.Top[0];
            return new DownExtremes(
                block.Block,
                input.Value,
                input.Channel,
                tokenizer.PieceText(input.TokenId),
                output.Value,
                output.Channel,
                tokenizer.PieceText(output.TokenId),
                top.Value,
                top.Channel,
                top.Token,
                top.Ratio);
        }),
    ];
}

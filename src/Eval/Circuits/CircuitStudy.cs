using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Circuits;

/// <summary>Takes one part after the other out of a model, and measures what is left of the attention to position 0.</summary>
/// <remarks>Ran-Milo et al., arXiv:2604.14722: in GPT-2, the query bias reads what the MLP of block 0 makes of the position table's first row, in three channels.</remarks>
public static class CircuitStudy
{
    /// <summary>Runs the study.</summary>
    /// <param name="model">The model, in float, on the CPU.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">An option does not fit the model or the text, the model is quantized, or constants stand before the tokens.</exception>
    /// <exception cref="ArithmeticException">A probability is NaN.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static CircuitResult Run(TransformerModel model, Tokenizer tokenizer, string text, string source, CircuitOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        var context = PerplexityOptions.ContextOf(options.Context, model.Config.MaxPositions);
        Check(model, context, options.Channels);
        var bos = options.Bos ?? tokenizer.BosTokenId is not null;
        var set = TextWindows.Cut(tokenizer, text, source, context, bos, options.MaxWindows);
        var parts = Enum.GetValues<SinkPart>();
        var untouched = Measure(model, 0, "untouched");
        var channels = untouched.ChannelSizes.Index().OrderByDescending(channel => channel.Item).Select(channel => channel.Index).Take(options.Channels).ToArray();
        int[] others = [.. Enumerable.Range(0, model.Config.HiddenSize).Except(channels)];
        new Random(options.Seed).Shuffle(others);
        int[] random = [.. others.Take(options.Channels).Order()];
        var ofWindows = untouched.OfWindows;
        var attention = ClusteredMean.Of(ofWindows).Mean;
        var without = new SinkParts(model, set.Windows[0], channels, random, options.Cancellation);
        var arms = new List<SinkPartArm>();
        var missing = new List<MissingPart>();
        foreach (var (index, part) in parts.Index())
        {
            if (without.WhyMissing(part) is { } reason)
            {
                missing.Add(new MissingPart(part, reason));
                continue;
            }

            using var changed = without.Without(part);
            arms.Add(Describe(part, attention, ClusteredMean.OfDifference(ofWindows, Measure(changed, index + 1, part.ToString()).OfWindows)));
        }

        return new CircuitResult
        {
            Version = CircuitResult.CurrentVersion,
            Model = new DirectoryInfo(model.Directory).Name,
            Source = source,
            Bos = bos,
            Context = set.Context,
            Windows = set.Windows.Count,
            WindowsInText = set.WindowsInText,
            Seed = options.Seed,
            OtherPosition = without.OtherPosition,
            Channels = channels,
            RandomChannels = random,
            Attention = attention,
            EvenAttention = Enumerable.Range(1, set.Context - 1).Average(query => 1.0 / (query + 1)),
            Arms = arms,
            Missing = missing,
            Verdict = CircuitVerdict.Describe(attention, arms, missing, channels),
        };

        FirstKeyObserver Measure(TransformerModel measured, int arm, string name)
        {
            var observer = new FirstKeyObserver(set.Windows.Count, model.Config.HeadCount, model.Config.BlockCount, model.Config.HiddenSize);
            new ForwardPass(measured).Run(set.Windows, observer, new ForwardOptions
            {
                Observer = observer,
                StartsWithBos = bos,
                Progress = done => options.Progress?.Invoke(new ArmProgress(arm, parts.Length + 1, name, done)),
                Cancellation = options.Cancellation,
            });
            return observer;
        }
    }

    private static SinkPartArm Describe(SinkPart part, double untouched, ClusteredMean difference)
    {
        Interval? left = difference.Interval95 is { } interval ? new Interval(1 + (interval.Low / untouched), 1 + (interval.High / untouched)) : null;
        return new SinkPartArm(part, SinkParts.IsControl(part), untouched + difference.Mean, 1 + (difference.Mean / untouched), left);
    }

    private static void Check(TransformerModel model, int context, int channels)
    {
        AttentionStudy.RequireTokensOnly(model);
        FloatModel.Require(model, "a study of the circuit");
        if (context < CircuitOptions.LeastContext || context > model.Config.MaxPositions)
        {
            throw new ArgumentException($"The context is {context} tokens; this study needs at least {CircuitOptions.LeastContext}, and this model allows {model.Config.MaxPositions}.");
        }

        var most = model.Config.HiddenSize / 2;
        if (channels < 1 || channels > most)
        {
            throw new ArgumentException($"{channels} channels are to be left out; it must be 1 to {most}, so that as many others are left for the control.");
        }
    }
}

using System.CommandLine;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Cli.Commands;
using OutlierQuant.Training;

namespace OutlierQuant.Cli.Training;

/// <summary>The options of <c>train</c> that say what is trained and how.</summary>
internal static class TrainSettings
{
    private static readonly TrainingOptions Defaults = new();

    private static readonly Option<string> Family = SharedOptions.OneOf("--architecture", "Shape of the model.", "llama", ["llama", "gpt2"]);
    private static readonly Option<int> Hidden = SharedOptions.Positive("--hidden", "Width of the residual stream.", Defaults.Shape.HiddenSize);
    private static readonly Option<int> Blocks = SharedOptions.Positive("--blocks", "Number of blocks.", Defaults.Shape.BlockCount);
    private static readonly Option<int> Heads = SharedOptions.Positive("--heads", "Number of attention heads.", Defaults.Shape.HeadCount);
    private static readonly Option<int?> KeyValueHeads = SharedOptions.PositiveOrNull("--kv-heads", "Number of key and value heads. Default: half of the heads; in gpt2 as many.");
    private static readonly Option<int?> Mlp = SharedOptions.PositiveOrNull("--mlp", "Width inside the MLP. Default: 8/3 of --hidden, rounded up to a multiple of 64; in gpt2 4 times --hidden.");
    private static readonly Option<int> Context = SharedOptions.Positive("--context", $"Tokens in a window, at most {ModelShape.LongestContext}.", Defaults.Shape.Context);
    private static readonly Option<string> Attention = SharedOptions.OneOf(
        "--attention", "Attention: as published; with a learned key and value of each head as an explicit bias; with a learned token in front of every window; with a gate of each head.", "default", [.. VariantName.Attention.Values]);
    private static readonly Option<string> Norm = SharedOptions.OneOf("--norm", "Where blocks normalize: what a branch reads; also what it adds; or the stream after the addition.", "pre", [.. VariantName.Norm.Values]);
    private static readonly Option<bool> QueryKeyNorm = new("--qk-norm") { Description = "Normalize each head's query and key." };
    private static readonly Option<int?> Steps = SharedOptions.PositiveOrNull("--steps", "Steps to train. Default: so many that every token of the text is seen once.");
    private static readonly Option<int?> Tokens = SharedOptions.PositiveOrNull("--tokens", "Tokens to train on, rounded up to whole steps; instead of --steps.");
    private static readonly Option<int> Batch = SharedOptions.Positive("--batch", "Windows of a step.", Defaults.Windows);
    private static readonly Option<double> LearningRate = SharedOptions.AtLeastZero("--lr", "Largest learning rate; it falls along a cosine to a tenth.", Defaults.LearningRate);
    private static readonly Option<int?> WarmUp = SharedOptions.PositiveOrNull("--warmup", $"Steps in which the learning rate rises from 0. Default: a tenth of all, at most {Defaults.WarmUpSteps}.", smallest: 0);
    private static readonly Option<double> WeightDecay = SharedOptions.AtLeastZero("--weight-decay", "Decoupled weight decay of matrices and embeddings.", Defaults.WeightDecay);
    private static readonly Option<double> Clip = SharedOptions.AtLeastZero("--clip", "Norm that the gradient is shortened to where it is longer.", Defaults.ClipNorm);
    private static readonly Option<string> Type = SharedOptions.OneOf("--dtype", "Type of the weights in the checkpoint; training is in binary32.", "bf16", ["bf16", "f32"]);
    private static readonly Option<int> MeasureEvery = SharedOptions.Positive("--measure-every", "Steps between two measurements.", Defaults.MeasureEvery);
    private static readonly Option<int> CheckpointEvery = SharedOptions.Positive("--checkpoint-every", "Steps between two checkpoints.", Defaults.CheckpointEvery);
    private static readonly Option<int> ValidationWindows = SharedOptions.Positive("--validation-windows", "Most windows to validate on, evenly spaced.", Defaults.ValidationWindows);

    /// <summary>Gets every setting.</summary>
    public static IReadOnlyList<TrainSetting> All { get; } =
    [
        OfShape(Family, (shape, word) => shape with { Family = word == "llama" ? ModelFamily.Llama : ModelFamily.Gpt2 }, shape => shape.Family == ModelFamily.Llama ? "llama" : "gpt2"),
        OfShape(Hidden, (shape, value) => shape with { HiddenSize = value }, shape => shape.HiddenSize),
        OfShape(Blocks, (shape, value) => shape with { BlockCount = value }, shape => shape.BlockCount),
        OfShape(Heads, (shape, value) => shape with { HeadCount = value }, shape => shape.HeadCount),
        OfShape(KeyValueHeads, (shape, value) => shape with { KeyValueHeadCount = value!.Value }, shape => shape.KeyValueHeadCount),
        OfShape(Mlp, (shape, value) => shape with { IntermediateSize = value!.Value }, shape => shape.IntermediateSize),
        OfShape(Context, (shape, value) => shape with { Context = value }, shape => shape.Context),
        OfShape(Attention, (shape, word) => shape with { Variant = shape.Variant with { Attention = Key(VariantName.Attention, word) } }, shape => VariantName.Attention[shape.Variant.Attention]),
        OfShape(Norm, (shape, word) => shape with { Variant = shape.Variant with { Norm = Key(VariantName.Norm, word) } }, shape => VariantName.Norm[shape.Variant.Norm]),
        OfShape(QueryKeyNorm, (shape, value) => shape with { Variant = shape.Variant with { QueryKeyNorm = value } }, shape => shape.Variant.QueryKeyNorm),
        TrainSetting.Of(SharedOptions.NoBos, (options, value) => options with { Bos = !value }, options => !options.Bos),
        TrainSetting.Of(Batch, (options, value) => options with { Windows = value }, options => options.Windows),
        TrainSetting.Of(Steps, (options, value) => options with { Steps = value!.Value }, options => options.Steps),
        new(Tokens, (options, arguments) => options with { Steps = StepsFor(arguments.GetValue(Tokens)!.Value, options) }, options => $"{(long)options.Steps * options.Windows * options.Shape.Context}"),
        TrainSetting.Of(LearningRate, (options, value) => options with { LearningRate = value }, options => options.LearningRate),
        TrainSetting.Of(WarmUp, (options, value) => options with { WarmUpSteps = value!.Value }, options => options.WarmUpSteps),
        TrainSetting.Of(WeightDecay, (options, value) => options with { WeightDecay = value }, options => options.WeightDecay),
        TrainSetting.Of(Clip, (options, value) => options with { ClipNorm = value }, options => options.ClipNorm),
        TrainSetting.Of(SharedOptions.Seed, (options, value) => options with { Seed = value }, options => options.Seed),
        TrainSetting.Of(Type, (options, word) => options with { StoredType = word == "f32" ? TensorType.F32 : TensorType.BF16 }, options => options.StoredType == TensorType.F32 ? "f32" : "bf16"),
        TrainSetting.Of(MeasureEvery, (options, value) => options with { MeasureEvery = value }, options => options.MeasureEvery),
        TrainSetting.Of(CheckpointEvery, (options, value) => options with { CheckpointEvery = value }, options => options.CheckpointEvery),
        TrainSetting.Of(ValidationWindows, (options, value) => options with { ValidationWindows = value }, options => options.ValidationWindows),
    ];

    /// <summary>Tokens of a window of a new run.</summary>
    public static int ContextOf(ParseResult arguments) => arguments.GetValue(Context);

    /// <summary>The options of a new run.</summary>
    /// <param name="arguments">What the user gave.</param>
    /// <param name="vocabularySize">Tokens of the tokenizer.</param>
    /// <param name="textTokens">Tokens of the text to train on.</param>
    public static TrainingOptions ForNewRun(ParseResult arguments, int vocabularySize, int textTokens)
    {
        if (arguments.GetValue(Steps) is not null && arguments.GetValue(Tokens) is not null)
        {
            throw new UsageException("Give either --steps or --tokens, not both.");
        }

        TrainingOptions options = Given(arguments, Defaults with { Shape = Defaults.Shape with { VocabularySize = vocabularySize } });
        ModelShape shape = options.Shape;
        bool isLlama = shape.Family == ModelFamily.Llama;
        int steps = arguments.GetValue(Steps) ?? StepsFor(arguments.GetValue(Tokens) ?? textTokens, options);
        return options with
        {
            Steps = steps,
            WarmUpSteps = arguments.GetValue(WarmUp) ?? Math.Min(Defaults.WarmUpSteps, steps / 10),
            Shape = shape with
            {
                KeyValueHeadCount = arguments.GetValue(KeyValueHeads) ?? (isLlama && shape.HeadCount % 2 == 0 ? shape.HeadCount / 2 : shape.HeadCount),
                IntermediateSize = arguments.GetValue(Mlp) ?? (isLlama ? ((8 * shape.HiddenSize / 3) + 63) / 64 * 64 : 4 * shape.HiddenSize),
            },
        };
    }

    /// <summary>Refuses options that differ from those that a run began with.</summary>
    /// <exception cref="UsageException">One does.</exception>
    public static void RequireSame(ParseResult arguments, TrainingOptions began)
    {
        foreach (TrainSetting setting in All.Where(setting => setting.IsGiven(arguments)))
        {
            TrainingOptions asked = setting.Apply(began, arguments);
            if (asked != began)
            {
                throw new UsageException($"{setting.Option.Name} is {setting.Show(asked)}, but the run began with {setting.Show(began)}; a run is resumed with the options that it began with. Leave the option out.");
            }
        }
    }

    private static TrainingOptions Given(ParseResult arguments, TrainingOptions options) =>
        All.Where(setting => setting.IsGiven(arguments)).Aggregate(options, (sum, setting) => setting.Apply(sum, arguments));

    private static int StepsFor(long tokens, TrainingOptions options)
    {
        long ofStep = (long)options.Windows * options.Shape.Context;
        return (int)Math.Max(1, (tokens + ofStep - 1) / ofStep);
    }

    private static TrainSetting OfShape<T>(Option<T> option, Func<ModelShape, T, ModelShape> apply, Func<ModelShape, T> read) =>
        TrainSetting.Of(option, (options, value) => options with { Shape = apply(options.Shape, value) }, options => read(options.Shape));

    private static TKey Key<TKey>(IReadOnlyDictionary<TKey, string> names, string word) => names.First(pair => pair.Value == word).Key;
}

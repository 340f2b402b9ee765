using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Finds the attention sinks of a model and measures what every head gives them.</summary>
/// <remarks>
/// Three kinds of passes: the sink metric on short windows of natural, random and repeated tokens, which also finds the sinks; shares, dormancy and gates on
/// long windows of the text; and one window for pictures. Probabilities are taken as they pass, never kept for a whole window of all heads.
/// </remarks>
public static class AttentionStudy
{
    /// <summary>Runs the study.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">What to look at.</param>
    /// <exception cref="ArgumentException">An option does not fit the model or the text, or constants stand before the tokens.</exception>
    /// <exception cref="ArithmeticException">A probability is NaN.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static AttentionResult Run(TransformerModel model, Tokenizer tokenizer, string text, string source, AttentionOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(model);
        RequireTokensOnly(model);
        var bos = options.Bos ?? tokenizer.BosTokenId is not null;
        var set = TextWindows.Cut(tokenizer, text, source, PerplexityOptions.ContextOf(options.Context, model.Config.MaxPositions), bos, options.MaxWindows);
        var search = new SinkSearch(model, tokenizer, options, options.SinkLength ?? Math.Min(set.Context, AttentionOptions.DefaultSinkLength), bos);
        search.Run(text, source);
        var passes = new TextPasses(model, tokenizer, set, search, options);
        var heads = passes.MeasureHeads();
        var (picture, difference) = passes.Draw(heads);
        return new AttentionResult
        {
            Version = AttentionResult.CurrentVersion,
            Model = new DirectoryInfo(model.Directory).Name,
            Source = source,
            Bos = bos,
            Context = set.Context,
            Windows = set.Windows.Count,
            WindowsInText = set.WindowsInText,
            SinkThreshold = options.SinkThreshold,
            SinkLength = search.Length,
            DormantShare = options.DormantShare,
            Seed = options.Seed,
            SinkMetrics = search.Metrics,
            Sinks = search.Sinks,
            Heads = heads,
            Picture = picture,
            ClosedFormDifference = difference,
            Verdict = AttentionVerdict.Describe(search, heads, options, picture.Tokens[0]),
        };
    }

    /// <summary>Throws if attention sees keys that are no token's.</summary>
    /// <exception cref="ArgumentException">It does; the message says why.</exception>
    internal static void RequireTokensOnly(TransformerModel model)
    {
        UnfoldedModel.Require(model, "a study of attention");
        if (WhyUnseen(model) is { } reason)
        {
            throw new ArgumentException($"{model.Directory} {reason}");
        }
    }

    /// <summary>Says what of an unfolded model keeps its attention from being studied; null where nothing does.</summary>
    internal static string? WhyUnseen(TransformerModel model) => model.ConstantSlots == 0
        ? null
        : $"was trained with constant keys before the tokens ({VariantName.Attention[model.Config.Variant.Attention]}); a study of attention takes every key for a token's. The training record has the sink metric of the constant.";
}

using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Scoring;

/// <summary>The windows of a text that are scored, and how they were cut.</summary>
public sealed record EvaluationText
{
    /// <summary>Gets the name of the text.</summary>
    public required string Source { get; init; }

    /// <summary>Gets how the text was cut.</summary>
    public required PerplexityProtocol Protocol { get; init; }

    /// <summary>Gets the tokens of a window, BOS included.</summary>
    public required int Context { get; init; }

    /// <summary>Gets whether BOS was prepended.</summary>
    public required bool Bos { get; init; }

    /// <summary>Gets the tokens from one window's start to the next; null unless <see cref="Protocol"/> is strided.</summary>
    public required int? Stride { get; init; }

    /// <summary>Gets the windows to score, in the order of the text.</summary>
    public required IReadOnlyList<ScoredWindow> Windows { get; init; }

    /// <summary>Gets the number of windows that the text has.</summary>
    public required int WindowsInText { get; init; }

    /// <summary>Gets the UTF-8 bytes that the scored tokens of <see cref="Windows"/> stand for.</summary>
    public required long BytesScored { get; init; }

    /// <summary>Tokenizes and cuts a text.</summary>
    /// <param name="model">The model that will read it, for the largest context.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">The text's name.</param>
    /// <param name="options">How to cut.</param>
    /// <exception cref="ArgumentException">An option does not fit the model or the text.</exception>
    public static EvaluationText Prepare(TransformerModel model, Tokenizer tokenizer, string text, string source, PerplexityOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        if (text.Length == 0)
        {
            throw new ArgumentException($"{source}: the text is empty; give a text of at least one window.");
        }

        var context = ChooseContext(options, model.LongestSequence);
        var stride = ChooseStride(options, context, model.Fold?.Prefix is not null);
        var bos = options.Bos ?? tokenizer.BosTokenId is not null;
        if (bos && tokenizer.BosTokenId is null)
        {
            throw new ArgumentException("BOS was asked for, but the tokenizer names no BOS token; score without BOS.");
        }

        int? bosTokenId = bos ? tokenizer.BosTokenId : null;
        var tokenIds = tokenizer.Encode(text);
        var all = Cut(tokenIds, bosTokenId, source, options.Protocol, context, stride, model.Fold?.Prefix is not null);
        var picked = WindowCutter.PickEvenly(all, options.MaxWindows);
        return new EvaluationText
        {
            Source = source,
            Protocol = options.Protocol,
            Context = context,
            Bos = bos,
            Stride = stride,
            Windows = picked,
            WindowsInText = all.Count,
            BytesScored = picked.Sum(window => CountBytes(tokenizer, window)),
        };
    }

    private static IReadOnlyList<ScoredWindow> Cut(
        ReadOnlySpan<int> tokenIds, int? bosTokenId, string source, PerplexityProtocol protocol, int context, int? stride, bool isFolded)
    {
        try
        {
            return protocol switch
            {
                PerplexityProtocol.Windows => WindowCutter.CutWindows(tokenIds, bosTokenId, context),
                PerplexityProtocol.Strided when isFolded && bosTokenId is { } bos => WindowCutter.CutStridedWithBos(tokenIds, bos, context, stride!.Value),
                PerplexityProtocol.Strided => WindowCutter.CutStrided(tokenIds, bosTokenId, context, stride!.Value),
                PerplexityProtocol.LlamaCpp => WindowCutter.CutLlamaCpp(tokenIds, bosTokenId, context),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (ArgumentException tooShort)
        {
            throw new ArgumentException($"{source}: {tooShort.Message}", tooShort);
        }
    }

    /// <summary>Counts the bytes of a window's targets as what they add to the token before them: some tokenizers drop a space at the start of a text.</summary>
    private static long CountBytes(Tokenizer tokenizer, ScoredWindow window)
    {
        var before = window.TokenIds.AsSpan(window.FirstTarget - 1, 1);
        var withTargets = window.TokenIds.AsSpan(window.FirstTarget - 1);
        return tokenizer.DecodeBytes(withTargets, skipSpecialTokens: false).Length - tokenizer.DecodeBytes(before, skipSpecialTokens: false).Length;
    }

    private static int ChooseContext(PerplexityOptions options, int maxPositions)
    {
        var context = PerplexityOptions.ContextOf(options.Context, maxPositions);
        var least = options.Protocol == PerplexityProtocol.LlamaCpp ? 4 : 2;
        if (context < least || context > maxPositions)
        {
            throw new ArgumentException($"The context is {context} tokens; this model and protocol allow {least} to {maxPositions}.");
        }

        if (options.MaxWindows < 1)
        {
            throw new ArgumentException($"The number of windows is {options.MaxWindows}; it must be at least 1.");
        }

        return context;
    }

    private static int? ChooseStride(PerplexityOptions options, int context, bool isFolded)
    {
        if (options.Protocol != PerplexityProtocol.Strided)
        {
            return options.Stride is null
                ? null
                : throw new ArgumentException($"A stride of {options.Stride} was given, but only the protocol 'strided' has one.");
        }

        var stride = options.Stride ?? context / 2;
        var largest = isFolded ? context - 1 : context;
        return stride >= 1 && stride <= largest
            ? stride
            : throw new ArgumentException($"The stride is {stride} tokens; with a context of {context}{(isFolded ? ", of which BOS stands for the folded prefix," : "")} it must be 1 to {largest}.");
    }
}

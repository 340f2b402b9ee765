namespace OutlierQuant.Eval.Scoring;

/// <summary>Cuts the tokens of a text into scored windows, one method for each <see cref="PerplexityProtocol"/>.</summary>
public static class WindowCutter
{
    /// <summary>Cuts non-overlapping windows of <paramref name="context"/> tokens, BOS included; see <see cref="PerplexityProtocol.Windows"/>.</summary>
    /// <param name="text">Token ids of the text without special tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="bosTokenId">The id to put before each window, or null for none.</param>
    /// <param name="context">Tokens of a window, at least 2.</param>
    /// <exception cref="ArgumentException">The text is shorter than one window.</exception>
    public static IReadOnlyList<ScoredWindow> CutWindows(ReadOnlySpan<int> text, int? bosTokenId, int context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        var textTokens = bosTokenId is null ? context : context - 1;
        if (text.Length < textTokens)
        {
            throw TooShort(text.Length, textTokens, context, "windows");
        }

        var windows = new List<ScoredWindow>(text.Length / textTokens);
        for (var start = 0; start + textTokens <= text.Length; start += textTokens)
        {
            windows.Add(new ScoredWindow(Concatenate(bosTokenId, text.Slice(start, textTokens)), 1));
        }

        return windows;
    }

    /// <summary>Cuts overlapping windows; see <see cref="PerplexityProtocol.Strided"/>.</summary>
    /// <remarks>The first token of the text has no prediction and is never scored, as the labels that Hugging Face's models shift imply.
    /// With <c>stride = context</c> the same holds for the first token of each window.</remarks>
    /// <param name="text">Token ids of the text without special tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="bosTokenId">The id to put once before the text, or null for none.</param>
    /// <param name="context">Tokens of a window, at least 2.</param>
    /// <param name="stride">Tokens from one window's start to the next, 1 to <paramref name="context"/>.</param>
    /// <exception cref="ArgumentException">The text has nothing to predict.</exception>
    public static IReadOnlyList<ScoredWindow> CutStrided(ReadOnlySpan<int> text, int? bosTokenId, int context, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, context);
        var stream = Concatenate(bosTokenId, text);
        if (stream.Length < 2)
        {
            throw TooShort(text.Length, bosTokenId is null ? 2 : 1, context, "strided");
        }

        var windows = new List<ScoredWindow>();
        var scoredUntil = 0;
        for (var start = 0; scoredUntil < stream.Length; start += stride)
        {
            var end = Math.Min(start + context, stream.Length);
            var firstTarget = Math.Max(1, scoredUntil - start);
            if (firstTarget < end - start)
            {
                windows.Add(new ScoredWindow(stream[start..end], firstTarget));
            }

            scoredUntil = end;
        }

        return windows;
    }

    /// <summary>Cuts overlapping windows that all begin with BOS, as a model with a folded prefix needs them.</summary>
    /// <remarks>As <see cref="CutStrided"/>, but each window has BOS and <c>context − 1</c> tokens of the text, where that has BOS before the first window only. The first token of the
    /// text is scored, and so is, with the largest stride, that of each window: BOS predicts it.</remarks>
    /// <param name="text">Token ids of the text without special tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="bosTokenId">The id to put before each window.</param>
    /// <param name="context">Tokens of a window, BOS included, at least 2.</param>
    /// <param name="stride">Tokens from one window's start to the next, 1 to <c>context − 1</c>.</param>
    /// <exception cref="ArgumentException">The text has nothing to predict.</exception>
    public static IReadOnlyList<ScoredWindow> CutStridedWithBos(ReadOnlySpan<int> text, int bosTokenId, int context, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, context - 1);
        if (text.IsEmpty)
        {
            throw TooShort(0, 1, context, "strided");
        }

        var windows = new List<ScoredWindow>();
        var scoredUntil = 0;
        for (var start = 0; scoredUntil < text.Length; start += stride)
        {
            var end = Math.Min(start + context - 1, text.Length);
            windows.Add(new ScoredWindow(Concatenate(bosTokenId, text[start..end]), 1 + scoredUntil - start));
            scoredUntil = end;
        }

        return windows;
    }

    /// <summary>Cuts windows of which the second half is scored; see <see cref="PerplexityProtocol.LlamaCpp"/>.</summary>
    /// <remarks>The tool puts BOS before the whole text and then overwrites the first token of each window with BOS, so one token of the text is lost a window.
    /// With <c>first = context / 2</c>, the logits at <c>first … context − 2</c> are scored.</remarks>
    /// <param name="text">Token ids of the text without special tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="bosTokenId">The id that replaces the first token of each window, or null for none.</param>
    /// <param name="context">Tokens of a window, at least 4.</param>
    /// <exception cref="ArgumentException">The text is shorter than two windows, the least that llama.cpp accepts.</exception>
    public static IReadOnlyList<ScoredWindow> CutLlamaCpp(ReadOnlySpan<int> text, int? bosTokenId, int context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 4);
        var stream = Concatenate(bosTokenId, text);
        if (stream.Length < 2 * context)
        {
            throw TooShort(text.Length, (2 * context) - (stream.Length - text.Length), context, "llama.cpp");
        }

        var windows = new List<ScoredWindow>(stream.Length / context);
        for (var start = 0; start + context <= stream.Length; start += context)
        {
            var tokenIds = stream[start..(start + context)];
            tokenIds[0] = bosTokenId ?? tokenIds[0];
            windows.Add(new ScoredWindow(tokenIds, (context / 2) + 1));
        }

        return windows;
    }

    /// <summary>Picks evenly spaced items, the first and the last among them: of <c>n</c> items those at <c>⌊i · (n − 1) / (count − 1)⌋</c> for i = 0 … count − 1; for a count of 1 the first.</summary>
    /// <param name="items">All items, in order.</param>
    /// <param name="count">How many to keep, at least 1; null or more than there are keeps all.</param>
    public static IReadOnlyList<T> PickEvenly<T>(IReadOnlyList<T> items, int? count)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (count is not { } wanted || wanted >= items.Count)
        {
            return items;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1, nameof(count));
        var picked = new T[wanted];
        for (var i = 0; i < wanted; i++)
        {
            picked[i] = items[(int)((long)i * (items.Count - 1) / Math.Max(1, wanted - 1))];
        }

        return picked;
    }

    private static int[] Concatenate(int? bosTokenId, ReadOnlySpan<int> text) => bosTokenId is { } bos ? [bos, .. text] : text.ToArray();

    private static ArgumentException TooShort(int tokens, int needed, int context, string protocol) =>
        new($"the text has {tokens} tokens, but the protocol '{protocol}' with a context of {context} needs at least {needed}. Give a longer text or a smaller context.");
}

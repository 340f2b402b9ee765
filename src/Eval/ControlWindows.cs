namespace OutlierQuant.Eval;

/// <summary>Windows to compare a text's windows with: its tokens in another order, tokens drawn at random, and one token repeated.</summary>
/// <remarks>A leading BOS stays where it is; all other tokens are drawn from those that stand for text. The same seed gives the same windows.</remarks>
internal static class ControlWindows
{
    /// <summary>Deals the tokens of all windows out again in random order.</summary>
    /// <param name="windows">Windows of one length. Each of shape <c>[tokens]</c>.</param>
    /// <param name="startsWithBos">Whether each begins with BOS, which is kept out of the shuffle.</param>
    /// <param name="seed">Seed of the order.</param>
    public static IReadOnlyList<int[]> Shuffled(IReadOnlyList<int[]> windows, bool startsWithBos, int seed)
    {
        var first = startsWithBos ? 1 : 0;
        var tokens = windows.SelectMany(window => window.Skip(first)).ToArray();
        new Random(seed).Shuffle(tokens);
        var next = 0;
        return [.. windows.Select(window => Fill(window.Length, startsWithBos ? window[0] : null, _ => tokens[next++]))];
    }

    /// <summary>Draws every token from a list, each as likely as the others.</summary>
    /// <param name="tokenIds">The list, not empty.</param>
    /// <param name="windows">Number of windows.</param>
    /// <param name="length">Tokens of a window, BOS included.</param>
    /// <param name="bosTokenId">What each window begins with; null for nothing.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static IReadOnlyList<int[]> RandomTokens(IReadOnlyList<int> tokenIds, int windows, int length, int? bosTokenId, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, windows).Select(_ => Fill(length, bosTokenId, _ => tokenIds[random.Next(tokenIds.Count)]))];
    }

    /// <summary>Draws one token for each window and repeats it.</summary>
    /// <inheritdoc cref="RandomTokens"/>
    public static IReadOnlyList<int[]> Repeated(IReadOnlyList<int> tokenIds, int windows, int length, int? bosTokenId, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, windows).Select(_ => tokenIds[random.Next(tokenIds.Count)]).Select(token => Fill(length, bosTokenId, _ => token))];
    }

    private static int[] Fill(int length, int? bosTokenId, Func<int, int> token)
    {
        var window = new int[length];
        for (var position = 0; position < length; position++)
        {
            window[position] = position == 0 && bosTokenId is { } bos ? bos : token(position);
        }

        return window;
    }
}

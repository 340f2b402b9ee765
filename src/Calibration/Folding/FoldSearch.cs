using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Looks for the shortest prefix after which no token holds a massive activation.</summary>
/// <remarks>
/// <para>A token counts when an entry of it in a block's output passes <c>sun2024</c>, or when it is an outlier token of <c>prefixquant</c> at the input of a down projection, both with the
/// thresholds of the calibration. The search is greedy and deterministic. It starts with BOS alone. While tokens are left, it takes the <see cref="Candidates"/> most
/// frequent of them (the lower id first among equals), puts each in turn into the prefix, and keeps the one that leaves the fewest. It ends when none is left, when no
/// candidate at least halves what is left, or at <see cref="LongestPrefix"/> tokens.</para>
/// <para>Chen et al., "PrefixQuant", arXiv:2410.05265: frequent outlier tokens stand before BOS, the most frequent first. That work takes as many as a sequence has on
/// average; here each must show that it removes others. Where positions are a learned table BOS stays in front, because such a model has never seen it at another position.</para>
/// </remarks>
public sealed class FoldSearch
{
    /// <summary>The most tokens of a prefix, BOS included.</summary>
    public const int LongestPrefix = 4;

    /// <summary>The most tokens tried for one place.</summary>
    public const int Candidates = 8;

    /// <summary>The most windows looked at, evenly spaced over the calibration set.</summary>
    public const int MostWindows = 8;

    private const int MostListed = 8;

    private readonly TransformerModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly CalibrationSet _set;
    private readonly Func<TransformerModel, CalibrationSet, OutlierTokenTally> _find;
    private readonly int _bos;
    private readonly List<FoldSearchStep> _steps = [];

    private FoldSearch(TransformerModel model, Tokenizer tokenizer, CalibrationSet set, Func<TransformerModel, CalibrationSet, OutlierTokenTally> find)
    {
        _model = model;
        _tokenizer = tokenizer;
        _set = set.Pick(MostWindows);
        _bos = set.RequireBos();
        _find = find;
    }

    /// <summary>Searches, in at most <c>1 + (LongestPrefix − 1) · Candidates</c> passes over the windows.</summary>
    /// <param name="model">The model in full precision, without a fold.</param>
    /// <param name="tokenizer">Its tokenizer, for the texts of tokens.</param>
    /// <param name="set">Windows that begin with BOS.</param>
    /// <param name="options">The thresholds.</param>
    /// <param name="progress">Told after every block of every window of a pass; null for nobody.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">The windows do not begin with BOS, or the model is folded or quantized.</exception>
    public static FoldSearchResult Run(
        TransformerModel model, Tokenizer tokenizer, CalibrationSet set, DetectorOptions options, Action<ForwardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Run(model, tokenizer, set, (folded, windows) => OutlierTokenFinder.Find(folded, windows, options, progress, cancellation));
    }

    /// <summary>Searches with another way to find the tokens that are left.</summary>
    internal static FoldSearchResult Run(TransformerModel model, Tokenizer tokenizer, CalibrationSet set, Func<TransformerModel, CalibrationSet, OutlierTokenTally> find) =>
        new FoldSearch(model, tokenizer, set, find).Run();

    private sealed record Attempt(int[] Prefix, OutlierTokenTally Left, FoldSearchStep Step);

    private FoldSearchResult Run()
    {
        Attempt best = Try([_bos]);
        while (best.Left.Count > 0)
        {
            if (best.Prefix.Length == LongestPrefix)
            {
                return Result(best, $"the prefix has {LongestPrefix} tokens, the most that are tried");
            }

            int[] candidates = [.. best.Left.ByFrequency().Select(pair => pair.TokenId).Where(id => !best.Prefix.Contains(id)).Take(Candidates)];
            Attempt? next = candidates.Select(id => Try(Extend(best.Prefix, id))).MinBy(attempt => attempt.Left.Count);
            if (next is null || next.Left.Count > best.Left.Count / 2)
            {
                return Result(best, $"folding one of the {candidates.Length} most frequent tokens left as well does not halve their number");
            }

            best = next;
        }

        return Result(best, "no token behind the prefix holds anything massive");
    }

    private FoldSearchResult Result(Attempt best, string reason) => new(_set.Windows.Count, _steps, best.Step, best.Left.Count == 0, reason);

    private int[] Extend(int[] prefix, int id) => _model.HasLearnedPositions ? [.. prefix, id] : [.. prefix[..^1], id, _bos];

    private Attempt Try(int[] prefix)
    {
        TransformerModel folded = _model.With(fold: FoldBuilder.Compute(_model, prefix, _bos));
        OutlierTokenTally left = _find(folded, _set.Shorten(folded.LongestSequence));
        _steps.Add(new FoldSearchStep(
            [.. prefix.Select(id => new FoldedToken(id, _tokenizer.PieceText(id)))],
            left.Count,
            [.. left.ByFrequency().Take(MostListed).Select(pair => new FoldedTokenCount(pair.TokenId, _tokenizer.PieceText(pair.TokenId), pair.Count))]));
        return new Attempt(prefix, left, _steps[^1]);
    }
}

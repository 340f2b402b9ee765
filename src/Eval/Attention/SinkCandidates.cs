using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Gathers α of every kind of key that might be a sink, and picks those that are.</summary>
/// <param name="tokenizer">Names tokens and says which are delimiters.</param>
/// <param name="startsWithBos">Whether windows begin with BOS.</param>
/// <param name="blocks">Number of blocks.</param>
/// <param name="heads">Number of query heads of a block.</param>
internal sealed class SinkCandidates(Tokenizer tokenizer, bool startsWithBos, int blocks, int heads)
{
    /// <summary>A kind of key must occur this often at least: fewer occurrences say more about their sentences. (Position 0 occurs in every window.)</summary>
    public const int LeastOccurrences = 10;

    /// <summary>The most sinks that are picked.</summary>
    public const int MostSinks = 8;

    private readonly TokenClassifier _classifier = new(tokenizer);
    private readonly Dictionary<(SinkKind Kind, int TokenId), Tally> _tallies = [];
    private int[]? _window;
    private IReadOnlyList<(SinkKind Kind, int TokenId)>[] _keys = [];

    /// <summary>Takes the α of one head for one window.</summary>
    /// <param name="window">The window's tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="head">The head.</param>
    /// <param name="alpha">α of the first keys. Shape <c>[keys]</c>.</param>
    /// <param name="threshold">ε.</param>
    public void Add(int[] window, HeadPlace head, ReadOnlySpan<double> alpha, double threshold)
    {
        Classify(window);
        for (var position = 0; position < alpha.Length; position++)
        {
            foreach (var key in _keys[position])
            {
                if (!_tallies.TryGetValue(key, out var tally))
                {
                    _tallies.Add(key, tally = new Tally(blocks * heads));
                }

                tally.Occurrences += head is { Block: 0, Head: 0 } ? 1 : 0;
                tally.Over += alpha[position] > threshold ? 1 : 0;
                tally.Alpha[(head.Block * heads) + head.Head] += alpha[position];
            }
        }
    }

    /// <summary>The mean α of position 0 in one head.</summary>
    public double FirstAlpha(int block, int head) => _tallies[(SinkKind.PositionZero, -1)].MeanAlpha((block * heads) + head);

    /// <summary>Picks the kinds of keys whose mean α exceeds ε in some head, those with the largest rate first.</summary>
    /// <param name="threshold">ε.</param>
    public IReadOnlyList<SinkToken> Pick(double threshold) =>
    [
        .. (from pair in _tallies
            where pair.Key.Kind == SinkKind.PositionZero || pair.Value.Occurrences >= LeastOccurrences
            let sink = Describe(pair.Key, pair.Value, threshold)
            where sink.HeadsOver > 0
            orderby sink.SinkRate descending, sink.Kind, sink.TokenId
            select sink).Take(MostSinks),
    ];

    private SinkToken Describe((SinkKind Kind, int TokenId) key, Tally tally, double threshold)
    {
        var means = Enumerable.Range(0, blocks * heads).Select(tally.MeanAlpha).ToArray();
        var strongest = Array.IndexOf(means, means.Max());
        return new SinkToken
        {
            Kind = key.Kind,
            Name = key.Kind switch
            {
                SinkKind.PositionZero => startsWithBos ? $"{tokenizer.PieceText(tokenizer.BosTokenId!.Value)} at position 0" : "the token at position 0",
                SinkKind.FirstDelimiter => "the first delimiter",
                _ => $"'{tokenizer.PieceText(key.TokenId)}'",
            },
            TokenId = key.Kind == SinkKind.Token ? key.TokenId : null,
            Occurrences = tally.Occurrences,
            SinkRate = tally.Over / ((double)tally.Occurrences * means.Length),
            HeadsOver = means.Count(mean => mean > threshold),
            Strongest = new HeadPlace(strongest / heads, strongest % heads),
            StrongestAlpha = means[strongest],
        };
    }

    /// <summary>Finds which kinds of keys each position of a window is. The heads of one window come one after the other, so the last one is kept.</summary>
    private void Classify(int[] window)
    {
        if (!ReferenceEquals(window, _window))
        {
            _window = window;
            _keys = SinkKinds.Of(_classifier.Classify(new SequenceChunk(window, 0, startsWithBos)), window);
        }
    }

    private sealed class Tally(int headCount)
    {
        public int Occurrences { get; set; }

        public long Over { get; set; }

        public double[] Alpha { get; } = new double[headCount];

        public double MeanAlpha(int head) => Alpha[head] / Occurrences;
    }
}

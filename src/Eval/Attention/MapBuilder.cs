using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Fills one <see cref="AttentionMap"/>, query by query and head by head.</summary>
/// <param name="block">The block.</param>
/// <param name="head">The head; null to average over all.</param>
/// <param name="heads">Number of query heads of a block.</param>
/// <param name="shown">Number of queries.</param>
/// <param name="hasSink">Whether any sink was found.</param>
internal sealed class MapBuilder(int block, int? head, int heads, int shown, bool hasSink)
{
    private readonly double _weight = head is null ? 1.0 / heads : 1;
    private readonly LowerTriangle _with = LowerTriangle.OfZeros(shown);
    private readonly LowerTriangle _without = LowerTriangle.OfZeros(shown);
    private readonly LowerTriangle _scores = LowerTriangle.OfZeros(shown);
    private readonly double[] _gate = new double[shown];

    /// <summary>Whether the map shows a head.</summary>
    public bool Covers(int ofBlock, int ofHead) => ofBlock == block && (head ?? ofHead) == ofHead;

    /// <summary>Takes the probabilities or the scores of one query of one head.</summary>
    /// <param name="kind">Which of both.</param>
    /// <param name="query">The query.</param>
    /// <param name="values">For every key up to the query. Shape <c>[query + 1]</c>.</param>
    /// <param name="sinks">The sinks that each position of the window is. Shape <c>[tokens]</c>.</param>
    public void Add(ObservationKind kind, int query, ReadOnlySpan<float> values, int[][] sinks)
    {
        if (kind == ObservationKind.AttentionScores)
        {
            _gate[query] = SinkGate.Of(values);
            for (var key = 0; key <= query; key++)
            {
                _scores.Rows[query][key] += float.IsNegativeInfinity(values[key]) ? 0 : _weight * values[key];
            }

            return;
        }

        var rest = 0.0;
        for (var key = 0; key <= query; key++)
        {
            _with.Rows[query][key] += _weight * values[key];
            rest += IsMasked(key) ? 0 : values[key];
        }

        for (var key = 0; key <= query && rest > 0; key++)
        {
            _without.Rows[query][key] += IsMasked(key) ? 0 : _weight * values[key] / rest;
        }

        bool IsMasked(int key) => key < query && sinks[key].Length > 0;
    }

    /// <summary>Gives the map.</summary>
    public AttentionMap Build() => new()
    {
        Block = block,
        Head = head,
        WithSink = _with,
        WithoutSink = hasSink ? _without : null,
        Scores = _scores,
        Gate = head is null ? null : _gate,
    };
}

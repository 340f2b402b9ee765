using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Attention;

/// <summary>Sums over the queries of one head.</summary>
/// <param name="sinkCount">Number of sinks.</param>
/// <param name="dormantShare">The share of its attention above which a query is parked.</param>
internal sealed class HeadTally(int sinkCount, double dormantShare)
{
    private readonly double[] _shares = new double[sinkCount];
    private readonly long[] _queriesWithSink = new long[sinkCount];
    private readonly double[] _ofQuery = new double[sinkCount];
    private readonly bool[] _hasSink = new bool[sinkCount];
    private readonly UnitHistogram _gates = new();
    private double _sinkShare;
    private long _parked;
    private long _queries;
    private (double Sum, long Count) _sinkScores;
    private (double Sum, long Count) _otherScores;
    private (double Sum, long Count) _firstNorms;
    private (double Sum, long Count) _otherNorms;

    /// <summary>Takes the probabilities of one query that is not at position 0.</summary>
    /// <param name="probabilities">Of every key up to the query. Shape <c>[query + 1]</c>.</param>
    /// <param name="sinks">The sinks that each position of the window is. Shape <c>[tokens]</c>.</param>
    public void AddProbabilities(ReadOnlySpan<float> probabilities, int[][] sinks)
    {
        Array.Clear(_ofQuery);
        Array.Clear(_hasSink);
        var query = probabilities.Length - 1;
        var (total, rest) = (0.0, 0.0);
        for (var key = 0; key <= query; key++)
        {
            rest += key == 0 ? 0 : probabilities[key];
            if (key == query || sinks[key].Length == 0)
            {
                continue;
            }

            total += probabilities[key];
            foreach (var sink in sinks[key])
            {
                _ofQuery[sink] += probabilities[key];
                _hasSink[sink] = true;
            }
        }

        for (var sink = 0; sink < sinkCount; sink++)
        {
            _shares[sink] += _ofQuery[sink];
            _queriesWithSink[sink] += _hasSink[sink] ? 1 : 0;
        }

        _gates.Add(rest);
        _sinkShare += total;
        _parked += total > dormantShare ? 1 : 0;
        _queries++;
    }

    /// <summary>Takes the scores of one query that is not at position 0.</summary>
    /// <param name="scores">Of every key up to the query, −∞ where it may not look. Shape <c>[query + 1]</c>.</param>
    /// <param name="sinks">The sinks that each position of the window is. Shape <c>[tokens]</c>.</param>
    public void AddScores(ReadOnlySpan<float> scores, int[][] sinks)
    {
        for (var key = 0; key < scores.Length; key++)
        {
            if (float.IsNegativeInfinity(scores[key]))
            {
                continue;
            }

            ref var mean = ref key < scores.Length - 1 && sinks[key].Length > 0 ? ref _sinkScores : ref _otherScores;
            mean = (mean.Sum + scores[key], mean.Count + 1);
        }
    }

    /// <summary>Takes the values of one window.</summary>
    /// <param name="values">Of every key. Shape <c>[keys, headSize]</c>.</param>
    /// <param name="headSize">Width of a head.</param>
    public void AddValues(ReadOnlySpan<float> values, int headSize)
    {
        for (var key = 0; key * headSize < values.Length; key++)
        {
            var squares = 0.0;
            foreach (var value in values.Slice(key * headSize, headSize))
            {
                squares += (double)value * value;
            }

            ref var mean = ref key == 0 ? ref _firstNorms : ref _otherNorms;
            mean = (mean.Sum + Math.Sqrt(squares), mean.Count + 1);
        }
    }

    /// <summary>Turns the sums into means.</summary>
    /// <param name="place">The head.</param>
    /// <param name="firstAlpha">Its mean α at position 0.</param>
    /// <param name="firstIsSink">Whether position 0 is a sink.</param>
    public HeadAttention Describe(HeadPlace place, double firstAlpha, bool firstIsSink)
    {
        var parkedShare = (double)_parked / _queries;
        return new HeadAttention
        {
            Block = place.Block,
            Head = place.Head,
            FirstAlpha = firstAlpha,
            SinkShare = _sinkShare / _queries,
            Shares = [.. _shares.Zip(_queriesWithSink, (sum, count) => count == 0 ? null : (double?)(sum / count))],
            ParkedShare = parkedShare,
            Class = HeadAttention.ClassOf(parkedShare),
            Gate = firstIsSink
                ? new GateDistribution(_gates.Mean, _gates.Quantile(0.05), _gates.Quantile(0.25), _gates.Quantile(0.5), _gates.Quantile(0.75), _gates.Quantile(0.95))
                : null,
            SinkValueNorm = firstIsSink && _otherNorms.Sum > 0 ? Mean(_firstNorms) / Mean(_otherNorms) : null,
            SinkScore = _sinkScores.Count == 0 ? null : Mean(_sinkScores),
            OtherScore = Mean(_otherScores)!.Value,
        };
    }

    private static double? Mean((double Sum, long Count) sum) => sum.Count == 0 ? null : sum.Sum / sum.Count;
}

using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Certification;

/// <summary>Sums of B of one head over windows, for the massive tokens and for every draw of random ones.</summary>
/// <param name="draws">Number of draws.</param>
internal sealed class UpdateTally(int draws)
{
    private readonly double[] _null = new double[draws];
    private double _spread;
    private double _sourceShare;
    private int _windows;

    /// <summary>Takes one window, unless the massive tokens or a draw get no attention in it at all.</summary>
    /// <param name="probabilities">Shape <c>[queries, keys]</c>.</param>
    /// <param name="keys">Number of keys that may be sources.</param>
    /// <param name="values">Shape <c>[keys, headSize]</c>.</param>
    /// <param name="headSize">Width of a head.</param>
    /// <param name="sources">The massive tokens. Shape <c>[sources]</c>.</param>
    /// <param name="random">As many random ones, for each draw. Shape <c>[draws][sources]</c>.</param>
    public void Add(ReadOnlySpan<float> probabilities, int keys, ReadOnlySpan<float> values, int headSize, int[] sources, int[][] random)
    {
        if (UpdateSpread.Of(probabilities, keys, values, headSize, sources) is not { } spread)
        {
            return;
        }

        var drawn = new double[draws];
        for (var draw = 0; draw < draws; draw++)
        {
            if (UpdateSpread.Of(probabilities, keys, values, headSize, random[draw]) is not { } ofDraw)
            {
                return;
            }

            drawn[draw] = ofDraw;
        }

        for (var draw = 0; draw < draws; draw++)
        {
            _null[draw] += drawn[draw];
        }

        var share = 0.0;
        foreach (var source in sources)
        {
            for (var start = source; start < probabilities.Length; start += keys)
            {
                share += probabilities[start];
            }
        }

        _spread += spread;
        _sourceShare += share / (probabilities.Length / keys);
        _windows++;
    }

    /// <summary>Turns the sums into means and the quantile.</summary>
    /// <param name="place">The head.</param>
    public HeadConstancy Describe(HeadPlace place) => new()
    {
        Block = place.Block,
        Head = place.Head,
        Windows = _windows,
        SourceShare = _windows == 0 ? null : _sourceShare / _windows,
        Constancy = _windows == 0 ? null : _spread / _windows,
        NullMedian = _windows == 0 ? null : Median.Of(_null) / _windows,
        Quantile = _windows == 0 ? null : (1.0 + _null.Count(drawn => drawn <= _spread)) / (1 + draws),
    };
}

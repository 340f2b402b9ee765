using OutlierQuant.Training.Networks;

namespace OutlierQuant.Training.Measuring;

/// <summary>Adds up the sink metric of one key over windows that are shown to it one by one.</summary>
/// <param name="shape">Sizes.</param>
/// <param name="entry">The key: a constant's or a row's.</param>
internal sealed class SinkMeasurer(ModelShape shape, int entry)
{
    private const double Threshold = 0.3;
    private const int QueriesOfMetric = 64;

    private readonly int[] _sinks = new int[shape.BlockCount];
    private double _sum;
    private int _windows;

    /// <summary>Looks at the attention in one window of the last pass.</summary>
    public void Add(Transformer transformer, int window)
    {
        int endQuery = Math.Min(shape.SinkRows + QueriesOfMetric, shape.RowsPerWindow);
        _windows++;
        for (int block = 0; block < shape.BlockCount; block++)
        {
            for (int head = 0; head < shape.HeadCount; head++)
            {
                double alpha = transformer.AttentionOf(block).Core.ProbabilitiesOf(window, head, entry, endQuery).Average(probability => (double)probability);
                _sum += alpha;
                _sinks[block] += alpha > Threshold ? 1 : 0;
            }
        }
    }

    /// <summary>Gives the metric.</summary>
    public SinkMeasurement Result()
    {
        double ofBlock = (double)_windows * shape.HeadCount;
        return new(_sinks.Sum() / (ofBlock * shape.BlockCount), _sum / (ofBlock * shape.BlockCount), [.. _sinks.Select(count => count / ofBlock)]);
    }
}

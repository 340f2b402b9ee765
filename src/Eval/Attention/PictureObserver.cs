using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Draws the maps of one window, and compares the closed form of every head and query with what the model computed.</summary>
internal sealed class PictureObserver : IForwardObserver, IWindowConsumer
{
    private readonly Dictionary<string, int> _blockOfOutput;
    private readonly int _heads;
    private readonly int _keyValueHeads;
    private readonly int _headSize;
    private readonly int _shown;
    private readonly int[][] _sinks;
    private readonly MapBuilder[] _maps;
    private readonly double[] _closedForm;
    private float[] _values = [];

    /// <summary>Initializes an observer of one window.</summary>
    /// <param name="model">The model.</param>
    /// <param name="shown">How many queries the maps show.</param>
    /// <param name="sinks">The sinks that each position is. Shape <c>[tokens]</c>.</param>
    /// <param name="maps">What to draw.</param>
    public PictureObserver(TransformerModel model, int shown, int[][] sinks, MapBuilder[] maps)
    {
        (_heads, _keyValueHeads, _headSize) = (model.Config.HeadCount, model.Config.KeyValueHeadCount, model.Config.HeadSize);
        _blockOfOutput = model.Linears.Where(linear => linear.Role == LinearRole.AttentionOutput).ToDictionary(linear => linear.Name, linear => linear.Block);
        (_shown, _sinks, _maps) = (shown, sinks, maps);
        _closedForm = new double[shown * _heads * _headSize];
    }

    /// <summary>Gets the largest <c>‖closed form − attended‖ / ‖attended‖</c> so far, over all heads and the shown queries but the first.</summary>
    public double LargestDifference { get; private set; }

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind is ObservationKind.AttentionValues or ObservationKind.AttentionScores or ObservationKind.AttentionProbabilities
        || (point.Kind == ObservationKind.LinearInput && _blockOfOutput.ContainsKey(point.LinearName));

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        switch (point.Kind)
        {
            case ObservationKind.AttentionValues:
                _values = values.ToArray();
                break;
            case ObservationKind.LinearInput:
                Compare(values);
                break;
            default:
                var tokens = rows / _heads;
                for (var row = 0; row < rows; row++)
                {
                    var query = chunk.FirstPosition + (row % tokens);
                    if (query < _shown)
                    {
                        Take(point, row / tokens, query, values.Slice(row * columns, query + 1), columns);
                    }
                }

                break;
        }
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }

    private void Take(ObservationPoint point, int head, int query, ReadOnlySpan<float> ofQuery, int keys)
    {
        if (point.Kind == ObservationKind.AttentionScores)
        {
            var ofHead = _values.AsSpan(head * _keyValueHeads / _heads * keys * _headSize, keys * _headSize);
            SinkGate.Attend(ofQuery, ofHead, _closedForm.AsSpan(((query * _heads) + head) * _headSize, _headSize));
        }

        foreach (var map in _maps)
        {
            if (map.Covers(point.Block, head))
            {
                map.Add(point.Kind, query, ofQuery, _sinks);
            }
        }
    }

    private void Compare(ReadOnlySpan<float> attended)
    {
        // Query 0 sees the sink alone; its closed form is the sink's value without any arithmetic.
        for (var start = _heads * _headSize; start < _closedForm.Length; start += _headSize)
        {
            var (difference, size) = (0.0, 0.0);
            for (var i = start; i < start + _headSize; i++)
            {
                difference += (_closedForm[i] - attended[i]) * (_closedForm[i] - attended[i]);
                size += (double)attended[i] * attended[i];
            }

            LargestDifference = Math.Max(LargestDifference, size == 0 ? 0 : Math.Sqrt(difference / size));
        }
    }
}

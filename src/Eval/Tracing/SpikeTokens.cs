using OutlierQuant.Calibration;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Finds the tokens that hold the spike at the output of one block, window by window.</summary>
internal sealed class SpikeTokens(int block, InterventionCoordinate coordinate, TokenClassifier classifier) : IForwardObserver
{
    private readonly CoordinateMatcher _matcher = new([coordinate], classifier);
    private readonly Dictionary<int, int[]> _rows = [];

    /// <summary>Gets how often each token held it.</summary>
    public Dictionary<(int TokenId, TokenClass TokenClass), int> Counts { get; } = [];

    /// <summary>Gets the rows of a window that hold it, rising; the window must have passed the block.</summary>
    public int[] RowsOf(int window) => _rows[window];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput && point.Block == block;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        _rows[window] = [.. _matcher.Match(chunk, values, columns).Select(found => found.Row)];
        foreach (var row in _rows[window])
        {
            var key = (chunk.TokenIds.Span[row], coordinate.TokenClass);
            Counts[key] = Counts.GetValueOrDefault(key) + 1;
        }
    }
}

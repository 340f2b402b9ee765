using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Gathers what every head attends to. Heads are shared out over threads, each with its own sums, so that results do not depend on their number.</summary>
/// <param name="windows">The windows. Each of shape <c>[tokens]</c>.</param>
/// <param name="marker">Finds the sinks in them.</param>
/// <param name="tallies">One for each head, by block and then head.</param>
/// <param name="heads">Number of query heads of a block.</param>
/// <param name="keyValueHeads">Number of key and value heads of a block.</param>
/// <param name="team">The threads.</param>
internal sealed class HeadObserver(IReadOnlyList<int[]> windows, SinkMarker marker, HeadTally[] tallies, int heads, int keyValueHeads, WorkerTeam team) : IForwardObserver, IWindowConsumer
{
    private int _window = -1;
    private int[][] _sinks = [];
    private float[] _copy = [];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind is ObservationKind.AttentionProbabilities or ObservationKind.AttentionScores or ObservationKind.AttentionValues;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (window != _window)
        {
            (_window, _sinks) = (window, marker.Mark(windows[window]));
        }

        // A body of the team cannot capture a span; pieces are large, so their memory is kept.
        _copy = _copy.Length < values.Length ? new float[values.Length] : _copy;
        values.CopyTo(_copy);
        var (tokens, first) = (rows / heads, point.Block * heads);
        team.Run(heads, 1, (firstHead, count) =>
        {
            for (var head = firstHead; head < firstHead + count; head++)
            {
                if (point.Kind == ObservationKind.AttentionValues)
                {
                    var keys = rows / keyValueHeads;
                    tallies[first + head].AddValues(_copy.AsSpan(head * keyValueHeads / heads * keys * columns, keys * columns), columns);
                    continue;
                }

                for (var token = 0; token < tokens; token++)
                {
                    var query = chunk.FirstPosition + token;
                    var ofQuery = _copy.AsSpan(((head * tokens) + token) * columns, query + 1);
                    if (query > 0 && point.Kind == ObservationKind.AttentionProbabilities)
                    {
                        tallies[first + head].AddProbabilities(ofQuery, _sinks);
                    }
                    else if (query > 0)
                    {
                        tallies[first + head].AddScores(ofQuery, _sinks);
                    }
                }
            }
        });
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }
}

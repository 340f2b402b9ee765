using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Computes α of every key of every head, a window and a block at a time; keeps how often it exceeds ε, and tells the candidates.</summary>
/// <param name="windows">The windows, all of one length. Each of shape <c>[length]</c>.</param>
/// <param name="blocks">Number of blocks.</param>
/// <param name="heads">Number of query heads of a block.</param>
/// <param name="threshold">ε.</param>
/// <param name="candidates">Receives every α; null where nobody looks for sinks.</param>
internal sealed class SinkMetricObserver(IReadOnlyList<int[]> windows, int blocks, int heads, double threshold, SinkCandidates? candidates) : IForwardObserver, IWindowConsumer
{
    private readonly int _length = windows[0].Length;
    private readonly double[] _alpha = new double[heads * windows[0].Length];
    private readonly long[] _over = new long[MeasuredKeys(windows[0].Length)];

    /// <summary>How many keys of a window have enough queries after them: the first half.</summary>
    public static int MeasuredKeys(int length) => Math.Max(1, length / 2);

    /// <summary>Gets the metric so far, by position. Shape <c>[measured keys]</c>.</summary>
    public IReadOnlyList<double> SinkByPosition => [.. _over.Select(over => over / ((double)windows.Count * blocks * heads))];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.AttentionProbabilities;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var tokens = rows / heads;
        if (chunk.FirstPosition == 0)
        {
            Array.Clear(_alpha);
        }

        for (var row = 0; row < rows; row++)
        {
            var probabilities = values.Slice(row * columns, columns);
            var received = _alpha.AsSpan(row / tokens * _length, _length);
            for (var key = 0; key <= chunk.FirstPosition + (row % tokens); key++)
            {
                received[key] += probabilities[key];
            }
        }

        if (chunk.FirstPosition + tokens == _length)
        {
            Finish(point.Block, window);
        }
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }

    private void Finish(int block, int window)
    {
        for (var head = 0; head < heads; head++)
        {
            var received = _alpha.AsSpan(head * _length, _over.Length);
            for (var key = 0; key < received.Length; key++)
            {
                if (!double.IsFinite(received[key]))
                {
                    throw NonFiniteProbability.At(block, window, head, key);
                }

                received[key] /= _length - key;
                _over[key] += received[key] > threshold ? 1 : 0;
            }

            candidates?.Add(windows[window], new HeadPlace(block, head), received, threshold);
        }
    }
}

using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Follows one channel from the block where it is massive to the last one, at the tokens that hold the massive value. Changes nothing.</summary>
/// <remarks>Put before a transform that zeroes the values, it sees what later blocks wrote.</remarks>
internal sealed class ValueTracker(int block, int blockCount, InterventionCoordinate coordinate, TokenClassifier classifier) : IBlockOutputTransform
{
    private readonly CoordinateMatcher _matcher = new([coordinate], classifier);

    // The pass is layer-major: each window's tokens are found at the first block and looked up at the others. A window is its memory.
    private readonly Dictionary<ReadOnlyMemory<int>, int[]> _rows = [];
    private readonly double[] _sums = new double[blockCount - block];
    private long _tokens;

    /// <summary>Gets the mean magnitude at each block from the first on; empty if no token held the value. Shape <c>[blockCount − block]</c>.</summary>
    public IReadOnlyList<double> Magnitudes => _tokens == 0 ? [] : [.. _sums.Select(sum => sum / _tokens)];

    /// <inheritdoc/>
    public void Apply(int current, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        if (current < block)
        {
            return;
        }

        if (current == block)
        {
            int[] rows = [.. _matcher.Match(chunk, hidden, hiddenSize).Select(found => found.Row)];
            _rows[chunk.TokenIds] = rows;
            _tokens += rows.Length;
        }

        foreach (var row in _rows[chunk.TokenIds])
        {
            _sums[current - block] += Math.Abs((double)hidden[(row * hiddenSize) + coordinate.Channel]);
        }
    }
}

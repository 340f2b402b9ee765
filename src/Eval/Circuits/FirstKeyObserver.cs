using System.Numerics.Tensors;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Circuits;

/// <summary>Adds up what queries give to position 0, and how large each channel is there.</summary>
/// <param name="windows">Number of windows.</param>
/// <param name="heads">Query heads of a block.</param>
/// <param name="blocks">Number of blocks.</param>
/// <param name="hiddenSize">Width of the residual stream.</param>
internal sealed class FirstKeyObserver(int windows, int heads, int blocks, int hiddenSize) : IForwardObserver, IWindowConsumer
{
    private readonly double[] _given = new double[windows];
    private readonly long[] _queries = new long[windows];

    /// <summary>Gets the size of each channel at position 0: its magnitude over the root mean square of the row, summed over windows and the outputs that another block reads. Shape <c>[hiddenSize]</c>.</summary>
    public double[] ChannelSizes { get; } = new double[hiddenSize];

    /// <summary>Gets the mean probability of each window. One array of one number a window.</summary>
    public double[][] OfWindows => [.. _given.Zip(_queries, (given, queries) => new[] { given / queries })];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.AttentionProbabilities || (point.Kind == ObservationKind.BlockOutput && point.Block < blocks - 1);

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (point.Kind == ObservationKind.AttentionProbabilities)
        {
            AddQueries(point.Block, window, chunk, values, rows, columns);
        }
        else if (chunk.FirstPosition == 0)
        {
            var first = values[..columns];
            var rootMeanSquare = TensorPrimitives.Norm(first) / Math.Sqrt(columns);
            for (var channel = 0; channel < columns && rootMeanSquare > 0; channel++)
            {
                ChannelSizes[channel] += Math.Abs(first[channel]) / rootMeanSquare;
            }
        }
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }

    private void AddQueries(int block, int window, SequenceChunk chunk, ReadOnlySpan<float> probabilities, int rows, int columns)
    {
        var tokens = rows / heads;
        for (var row = 0; row < rows; row++)
        {
            // Position 0 has no other key to look at.
            if (chunk.FirstPosition + (row % tokens) > 0)
            {
                var given = probabilities[row * columns];
                _given[window] += float.IsFinite(given) ? given : throw NonFiniteProbability.At(block, window, row / tokens, 0);
                _queries[window]++;
            }
        }
    }
}

using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Reports;

/// <summary>Takes the part of a block's output that a report pictures.</summary>
public static class BlockSampler
{
    private const int MostTokens = 24;
    private const int MostChannels = 28;
    private const int Neighbours = 2;

    /// <summary>Runs one window up to its end and keeps the first tokens and the channels around the profile's coordinates at its first massive block.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="profile">Names the block and the channels.</param>
    /// <param name="tokenIds">The window, BOS included where the profile has it. Shape <c>[tokens]</c>.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static BlockSample Take(TransformerModel model, Tokenizer tokenizer, CalibrationProfile profile, int[] tokenIds, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(tokenIds);
        int[] massive = [.. profile.Onset.Coordinates.Select(coordinate => coordinate.Channel).Distinct()];
        var capture = new Capture(profile.Onset.Block, ChooseChannels(massive, model.Config.HiddenSize), Math.Min(tokenIds.Length, MostTokens));
        new ForwardPass(model).Run([tokenIds], capture, new ForwardOptions { Observer = capture, StartsWithBos = profile.Text.Bos, Cancellation = cancellation });
        return new BlockSample(
            profile.Onset.Block,
            [.. tokenIds.Take(capture.Tokens).Select(tokenizer.PieceText)],
            capture.Channels,
            [.. massive.Where(capture.Channels.Contains)],
            capture.Values,
            capture.Median);
    }

    /// <summary>Takes each massive channel in turn with its neighbours, and fills what room is left with evenly spaced channels.</summary>
    internal static int[] ChooseChannels(IReadOnlyList<int> massive, int hiddenSize)
    {
        var room = Math.Min(MostChannels, hiddenSize);
        var chosen = new SortedSet<int>(massive.Take(room));
        for (var distance = 1; distance <= Neighbours; distance++)
        {
            foreach (var channel in massive.SelectMany(channel => new[] { channel - distance, channel + distance }))
            {
                if (chosen.Count < room && channel >= 0 && channel < hiddenSize)
                {
                    chosen.Add(channel);
                }
            }
        }

        for (var index = 0; chosen.Count < room; index++)
        {
            chosen.Add((int)((long)index * hiddenSize / room % hiddenSize) + (index / room));
        }

        return [.. chosen];
    }

    private sealed class Capture(int block, int[] channels, int tokens) : IForwardObserver, IWindowConsumer
    {
        public int[] Channels => channels;

        public int Tokens => tokens;

        public float[][] Values { get; } = new float[tokens][];

        public double Median { get; private set; }

        public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput && point.Block == block;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            Median = new AbsoluteMedian().Of(values);
            for (var token = 0; token < tokens; token++)
            {
                Values[token] = new float[channels.Length];
                for (var i = 0; i < channels.Length; i++)
                {
                    Values[token][i] = values[(token * columns) + channels[i]];
                }
            }
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}

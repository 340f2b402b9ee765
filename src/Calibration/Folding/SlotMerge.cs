using OutlierQuant.Models;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Merges the constant pairs of a longer prefix into one pair for each head, by least squares over the queries of a text (<see cref="SlotFit"/>).</summary>
/// <remarks>Queries beyond a sliding window from the prefix do not count. The tokens behind the prefix keep their positions.</remarks>
public static class SlotMerge
{
    /// <summary>The most windows whose queries are taken, evenly spaced over the calibration set.</summary>
    public const int MostWindows = 8;

    /// <summary>Merges the pairs of a folded model.</summary>
    /// <param name="model">The folded model.</param>
    /// <param name="set">Windows that begin with BOS.</param>
    /// <param name="progress">Told after every block of every window; null for nobody.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The fold with one slot, and the residuals of every head.</returns>
    /// <exception cref="ArgumentException">The model has no fold, or none with several slots, or no query sees all of them.</exception>
    public static (Fold Fold, SlotMergeResult Result) Apply(TransformerModel model, CalibrationSet set, Action<ForwardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(set);
        if (model.Fold is not { Slots: > 1 } fold)
        {
            throw new ArgumentException($"There are {model.Fold?.Slots ?? 0} constant pairs a head; several are needed to merge them.", nameof(model));
        }

        Observer observer = new(model, fold);
        new ForwardPass(model).Run(
            set.Pick(MostWindows).Windows, observer, new ForwardOptions { Observer = observer, StartsWithBos = set.Bos, Progress = progress, Cancellation = cancellation });
        List<MergedHead> heads = [];
        AttentionConstants[] blocks = [.. fold.Blocks.Select((constants, block) => Solve(observer.Fits[block], block, constants.HeadSize, heads))];
        return (fold with { Blocks = blocks }, new SlotMergeResult(fold.Slots, heads));
    }

    private static AttentionConstants Solve(SlotFit[] fits, int block, int headSize, List<MergedHead> merged)
    {
        List<float> keys = [], values = [];
        for (int head = 0; head < fits.Length; head++)
        {
            if (fits[head].Queries == 0)
            {
                throw new ArgumentException($"No query of the text sees the whole prefix at block {block}: the sliding window is too short, or the windows have no token behind the prefix.");
            }

            var (key, value, keyResidual, valueResidual) = fits[head].Solve();
            keys.AddRange(key);
            values.AddRange(value);
            merged.Add(new MergedHead(block, head, keyResidual, valueResidual));
        }

        return new AttentionConstants(1, headSize, [.. keys], [.. values]);
    }

    private sealed class Observer(TransformerModel model, Fold fold) : IForwardObserver, IWindowConsumer
    {
        public SlotFit[][] Fits { get; } = [.. fold.Blocks.Select(block => Enumerable.Range(0, block.Heads).Select(head => new SlotFit(block, head)).ToArray())];

        public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.AttentionQueries;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            SlotFit[] fits = Fits[point.Block];
            int tokens = chunk.TokenIds.Length, group = rows / (tokens * fits.Length);
            int seen = Math.Min(tokens, SlidingWindow(point.Block) - fold.Slots);
            float[] queries = values.ToArray();
            model.Context.Team.Run(fits.Length, 1, (first, count) =>
            {
                for (int head = first; head < first + count; head++)
                {
                    for (int row = 0; row < seen * group; row++)
                    {
                        fits[head].Add(queries.AsSpan(((head * tokens * group) + row) * columns, columns));
                    }
                }
            });
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }

        private int SlidingWindow(int block) => model.Config.SlidingWindow is int size && (model.Config.SlidingBlocks?[block] ?? true) ? size : int.MaxValue;
    }
}

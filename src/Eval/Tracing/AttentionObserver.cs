using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Adds up the attention that later tokens pay to those that hold the spike, in every block after the one where they were found.</summary>
internal sealed class AttentionObserver(TransformerModel model, int block, SpikeTokens spikes) : IForwardObserver
{
    private readonly SortedDictionary<int, (double[] Sums, long Queries)> _found = [];

    /// <summary>Gets the shares of each later block; none where no token held the spike or none came after.</summary>
    public IReadOnlyList<AttendingBlock> Blocks =>
    [
        .. from entry in _found
           where entry.Value.Queries > 0
           let heads = entry.Value.Sums.Select(sum => sum / entry.Value.Queries).ToArray()
           select new AttendingBlock(entry.Key, heads.Average(), heads.Count(share => share >= AttendingBlock.Threshold), heads),
    ];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.AttentionProbabilities && point.Block > block;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var headCount = model.Config.HeadCount;
        var (sums, queries) = _found.GetValueOrDefault(point.Block, (new double[headCount], 0));
        var holders = spikes.RowsOf(window);
        var tokens = chunk.TokenIds.Length;
        for (var token = 0; token < tokens; token++)
        {
            var position = chunk.FirstPosition + token;
            if (holders.Length == 0 || position < holders[0] || holders.Contains(position))
            {
                continue;
            }

            queries++;
            for (var head = 0; head < headCount; head++)
            {
                foreach (var holder in holders)
                {
                    // Later ones have probability 0.
                    sums[head] += values[(((head * tokens) + token) * columns) + model.ConstantSlots + holder];
                }
            }
        }

        _found[point.Block] = (sums, queries);
    }
}

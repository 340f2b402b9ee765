using OutlierQuant.Eval.Rounding;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Measures what rounding one block's output costs, with the spike's channel, all its channels, or its tokens rounded or kept.</summary>
/// <remarks>Keeps that block's output of every window until the pass is over, because the largest magnitude of the other tokens is known only then.</remarks>
internal sealed class ResidualErrors(int block, int[] channels, SpikeTokens spikes) : IForwardObserver
{
    private readonly SortedDictionary<int, float[]> _windows = [];
    private int _width;

    /// <summary>Computes the results.</summary>
    public IReadOnlyList<ElementError> Errors =>
    [
        .. With($"channel {channels[0]}", [channels[0]], false),
        .. channels.Length > 1 ? With($"channels {string.Join(", ", channels)}", channels, false) : [],
        .. With("the tokens", [], true),
    ];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput && point.Block == block;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        _windows[window] = values.ToArray();
        _width = columns;
    }

    private IEnumerable<ElementError> With(string element, int[] keptChannels, bool keepsTokens)
    {
        var absMax = AbsMax([], false);
        var keptAbsMax = AbsMax(keptChannels, keepsTokens);
        foreach (var tally in ElementTally.Widths.Select(bits => new ElementTally(element, $"output of block {block}", "itself", bits)))
        {
            var (all, kept) = (new float[_width], new float[_width]);
            foreach (var token in Tokens(false))
            {
                EntryRounding.Round(token.Span, EntryRounding.Scale(absMax, tally.QMax), tally.QMax, all);
                EntryRounding.Round(token.Span, EntryRounding.Scale(keptAbsMax, tally.QMax), tally.QMax, kept);
                foreach (var channel in keptChannels)
                {
                    kept[channel] = token.Span[channel];
                }

                tally.Add(token.Span, all, kept);
            }

            yield return tally.ToError();
        }
    }

    private float AbsMax(int[] withoutChannels, bool withoutTokens)
    {
        float absMax = 0;
        foreach (var token in Tokens(!withoutTokens))
        {
            for (var channel = 0; channel < _width; channel++)
            {
                absMax = withoutChannels.Contains(channel) ? absMax : Math.Max(absMax, Math.Abs(token.Span[channel]));
            }
        }

        return absMax;
    }

    /// <summary>Lists the tokens of all windows, or those that do not hold the spike.</summary>
    private IEnumerable<ReadOnlyMemory<float>> Tokens(bool withHolders) =>
        from window in _windows
        let holders = spikes.RowsOf(window.Key)
        from row in Enumerable.Range(0, window.Value.Length / _width)
        where withHolders || !holders.Contains(row)
        select new ReadOnlyMemory<float>(window.Value, row * _width, _width);
}

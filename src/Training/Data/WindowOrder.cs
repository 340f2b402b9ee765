using OutlierQuant.Models.Generation;

namespace OutlierQuant.Training.Data;

/// <summary>Which windows of a text a step trains on: all in random order, then all in another, and so on.</summary>
/// <remarks>Windows do not overlap. Each epoch's order is a shuffle by Fisher and Yates with random numbers of its own, so that any step can be found without those before it.</remarks>
/// <param name="text">The text.</param>
/// <param name="options">Context, BOS, windows of a step, seed.</param>
/// <param name="bosTokenId">BOS.</param>
internal sealed class WindowOrder(TrainingText text, TrainingOptions options, int? bosTokenId)
{
    private const int SeedShift = 32;

    private int[] _order = [];
    private long _epoch = -1;

    /// <summary>Gets the tokens of the text in a window.</summary>
    public int TextTokens => options.Shape.Context - (options.Bos ? 1 : 0);

    /// <summary>Gets the number of windows; each is followed by one token more, which its last row predicts.</summary>
    public int Count => Math.Max(0, text.Count - 1) / TextTokens;

    /// <summary>The windows of a step, counted from 1.</summary>
    public Batch At(int step)
    {
        int context = options.Shape.Context;
        int[] tokens = new int[options.Windows * context], targets = new int[tokens.Length];
        for (int window = 0; window < options.Windows; window++)
        {
            long number = ((long)(step - 1) * options.Windows) + window;
            ReadOnlySpan<int> ofText = text.Tokens.AsSpan(OrderOf(number / Count)[(int)(number % Count)] * TextTokens, TextTokens + 1);
            Span<int> row = tokens.AsSpan(window * context, context);
            if (options.Bos)
            {
                row[0] = bosTokenId!.Value;
            }

            ofText[..TextTokens].CopyTo(row[(context - TextTokens)..]);
            ofText[^context..].CopyTo(targets.AsSpan(window * context));
        }

        return new Batch(options.Windows, tokens, targets);
    }

    private int[] OrderOf(long epoch)
    {
        if (epoch == _epoch)
        {
            return _order;
        }

        _epoch = epoch;
        _order = [.. Enumerable.Range(0, Count)];
        RandomSource random = new(((ulong)options.Seed << SeedShift) + (ulong)epoch);
        for (int last = Count - 1; last > 0; last--)
        {
            int other = (int)(random.NextUnit() * (last + 1));
            (_order[last], _order[other]) = (_order[other], _order[last]);
        }

        return _order;
    }
}

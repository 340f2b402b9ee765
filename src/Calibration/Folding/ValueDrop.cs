using OutlierQuant.Models;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Sets small constant values to 0: a head whose sink adds next to nothing needs its key alone.</summary>
/// <remarks>
/// <c>v′ = 0</c> where <c>‖v′‖ &lt; bound · mean_t ‖v_t‖</c>, for each block, head and slot, the mean over the head's values of the text's tokens. The key stays, so the sink still
/// takes its share of attention: what is left is a gate. That sinks have small values is found by Gu et al., "When Attention Sink Emerges in Language Models", arXiv:2410.10781.
/// </remarks>
public static class ValueDrop
{
    /// <summary>The most windows that the means are taken over, evenly spaced over the calibration set.</summary>
    public const int MostWindows = 8;

    /// <summary>Drops the values of a folded model.</summary>
    /// <param name="model">The folded model.</param>
    /// <param name="set">Windows that begin with BOS, with at least one token behind it.</param>
    /// <param name="bound">The share of the mean norm, at least 0.</param>
    /// <param name="progress">Told after every window; null for nobody.</param>
    /// <param name="cancellation">Stops between windows.</param>
    /// <returns>The fold with those values set to 0, and what was dropped.</returns>
    /// <exception cref="ArgumentException">The model has no fold.</exception>
    public static (Fold Fold, ValueDropResult Result) Apply(TransformerModel model, CalibrationSet set, double bound, Action<ForwardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfNegative(bound);
        Fold fold = model.Fold ?? throw new ArgumentException("The model has no constants to drop values of; fold it first.", nameof(model));
        double[][] means = MeanNorms(model, fold, set.Pick(MostWindows), progress, cancellation);
        List<ValueShare> shares = [];
        AttentionConstants[] blocks = new AttentionConstants[fold.Blocks.Count];
        for (int block = 0; block < blocks.Length; block++)
        {
            AttentionConstants constants = fold.Blocks[block];
            float[] values = constants.Values.ToArray();
            for (int row = 0; row < constants.Heads * constants.Slots; row++)
            {
                (int head, int slot) = (row / constants.Slots, row % constants.Slots);
                double share = Norm(constants.Value(head, slot)) / means[block][head];
                shares.Add(new ValueShare(block, head, slot, share, share < bound));
                if (share < bound)
                {
                    values.AsSpan(row * constants.HeadSize, constants.HeadSize).Clear();
                }
            }

            blocks[block] = new AttentionConstants(constants.Slots, constants.HeadSize, constants.Keys.ToArray(), values);
        }

        return (fold with { Blocks = blocks }, new ValueDropResult(bound, shares.Count(share => share.IsDropped), shares));
    }

    /// <summary>The mean norm of the tokens' values. Shape [blocks][heads].</summary>
    private static double[][] MeanNorms(TransformerModel model, Fold fold, CalibrationSet set, Action<ForwardProgress>? progress, CancellationToken cancellation)
    {
        double[][] sums = [.. fold.Blocks.Select(block => new double[block.Heads])];
        long tokens = 0, passed = 0, total = set.Windows.Sum(window => (long)window.Length);
        for (int window = 0; window < set.Windows.Count; window++)
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<AttentionConstants> held = FoldBuilder.KeysAndValues(model, set.Windows[window]);
            passed += set.Windows[window].Length;
            progress?.Invoke(new ForwardProgress(window + 1, (window + 1) * sums.Length, set.Windows.Count * sums.Length, passed, total));
            tokens += held[0].Slots - fold.Slots;
            for (int block = 0; block < sums.Length; block++)
            {
                for (int head = 0; head < sums[block].Length; head++)
                {
                    for (int row = fold.Slots; row < held[block].Slots; row++)
                    {
                        sums[block][head] += Norm(held[block].Value(head, row));
                    }
                }
            }
        }

        // A head whose values are all 0 has nothing to compare with, and any constant value counts as large.
        return [.. sums.Select(heads => heads.Select(sum => Math.Max(sum / tokens, float.Epsilon)).ToArray())];
    }

    private static double Norm(ReadOnlySpan<float> vector)
    {
        double squares = 0;
        foreach (float number in vector)
        {
            squares += (double)number * number;
        }

        return Math.Sqrt(squares);
    }
}

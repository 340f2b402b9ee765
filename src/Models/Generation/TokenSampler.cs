using System.Numerics.Tensors;

namespace OutlierQuant.Models.Generation;

/// <summary>Chooses a token from logits.</summary>
internal sealed class TokenSampler
{
    private readonly SamplingOptions _options;
    private readonly RandomSource _random;

    public TokenSampler(SamplingOptions options)
    {
        options.Validate();
        _options = options;
        _random = new RandomSource(options.Seed);
    }

    /// <summary>Gets whether the largest logit is chosen, so that no other is needed.</summary>
    public bool IsGreedy => _options.Temperature == 0;

    /// <summary>Chooses the next token. Of equal logits the smaller id comes first. Shape [vocabulary].</summary>
    /// <exception cref="InvalidOperationException">A logit is NaN or positive infinity.</exception>
    public int Choose(ReadOnlySpan<float> logits)
    {
        (float Logit, int Id) largest = FindLargest(logits);
        int greedy = ChooseLargest(largest);
        return IsGreedy ? greedy : Sample(logits, largest.Logit);
    }

    /// <summary>Chooses the token of the largest logit.</summary>
    /// <exception cref="InvalidOperationException">That logit is NaN or infinite.</exception>
    public static int ChooseLargest((float Logit, int Id) largest) => float.IsFinite(largest.Logit)
        ? largest.Id
        : throw new InvalidOperationException($"The largest logit is {largest.Logit}; the next token needs finite logits.");

    /// <summary>Finds the largest logit (NaN if any is NaN) and the smallest id that has it (0 for NaN). Shape [vocabulary].</summary>
    public static (float Logit, int Id) FindLargest(ReadOnlySpan<float> logits)
    {
        float largest = TensorPrimitives.Max(logits);
        return (largest, float.IsNaN(largest) ? 0 : logits.IndexOf(largest));
    }

    private int Sample(ReadOnlySpan<float> logits, float largest)
    {
        double[] probabilities = new double[logits.Length];
        double total = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            // Unnormalized: the largest is 1.
            probabilities[id] = Math.Exp(((double)logits[id] - largest) / _options.Temperature);
            total += probabilities[id];
        }

        int[] ids = [.. Enumerable.Range(0, logits.Length)];
        Array.Sort(ids, (left, right) => (-probabilities[left]).CompareTo(-probabilities[right]) is int order and not 0 ? order : left.CompareTo(right));
        int count = 0;
        double kept = 0;
        while (count < ids.Length && kept < _options.TopP * total)
        {
            kept += probabilities[ids[count++]];
        }

        double target = _random.NextUnit() * kept;
        double reached = 0;
        for (int i = 0; i < count - 1; i++)
        {
            reached += probabilities[ids[i]];
            if (target < reached)
            {
                return ids[i];
            }
        }

        return ids[count - 1];
    }
}

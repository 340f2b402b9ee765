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

    /// <summary>Chooses the next token. Of equal logits the smaller id comes first. Shape [vocabulary].</summary>
    /// <exception cref="InvalidOperationException">A logit is NaN or positive infinity.</exception>
    public int Choose(ReadOnlySpan<float> logits)
    {
        float largest = TensorPrimitives.Max(logits);
        if (!float.IsFinite(largest))
        {
            throw new InvalidOperationException($"The largest logit is {largest}; the next token needs finite logits.");
        }

        return _options.Temperature == 0 ? logits.IndexOf(largest) : Sample(logits, largest);
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

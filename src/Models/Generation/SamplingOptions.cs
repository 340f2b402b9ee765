namespace OutlierQuant.Models.Generation;

/// <summary>How a <see cref="TextGenerator"/> chooses the next token.</summary>
/// <param name="Temperature">What logits are divided by before the softmax, finite; 0 chooses the largest logit (greedy).</param>
/// <param name="TopP">Share of the probability to choose from, above 0 and at most 1: the fewest most probable tokens that reach it.</param>
/// <param name="Seed">Start of the random numbers; the same seed gives the same text. Greedy does not use it.</param>
public sealed record SamplingOptions(double Temperature, double TopP, ulong Seed)
{
    /// <summary>Gets the choice of the largest logit.</summary>
    public static SamplingOptions Greedy { get; } = new(0, 1, 0);

    /// <summary>Throws unless the values are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message says which and what is required.</exception>
    public void Validate()
    {
        if (!(double.IsFinite(Temperature) && Temperature >= 0))
        {
            throw new ArgumentException($"The temperature is {Temperature}; it must be finite and at least 0.");
        }

        if (!(TopP > 0 && TopP <= 1))
        {
            throw new ArgumentException($"Top-p is {TopP}; it must be above 0 and at most 1.");
        }
    }
}

namespace OutlierQuant.Eval.Statistics;

/// <summary>Adds up a signal and the error made on it: <c>ratio = 10 · log10(Σ x² / Σ (x − x̂)²)</c> in decibels.</summary>
/// <remarks>Sums are binary64, in the order of the values.</remarks>
public sealed class SignalToNoise
{
    /// <summary>Gets Σ x².</summary>
    public double Signal { get; private set; }

    /// <summary>Gets Σ (x − x̂)².</summary>
    public double Noise { get; private set; }

    /// <summary>Gets the ratio in decibels; null where it is not a finite number: without signal, or without error.</summary>
    public double? Decibels => ToDecibels(Signal, Noise);

    /// <summary>Converts a ratio of powers to decibels; null where that is not a finite number.</summary>
    /// <param name="signal">Power of the signal.</param>
    /// <param name="noise">Power of the error.</param>
    public static double? ToDecibels(double signal, double noise)
    {
        var decibels = 10 * Math.Log10(signal / noise);
        return double.IsFinite(decibels) ? decibels : null;
    }

    /// <summary>Takes values beside what became of them.</summary>
    /// <param name="exact">The values. Shape <c>[any]</c>.</param>
    /// <param name="rounded">The same values with an error. As many.</param>
    /// <exception cref="ArgumentException">The numbers of values differ.</exception>
    public void Add(ReadOnlySpan<float> exact, ReadOnlySpan<float> rounded)
    {
        if (exact.Length != rounded.Length)
        {
            throw new ArgumentException($"Errors need pairs, but there are {exact.Length} values and {rounded.Length} rounded ones.", nameof(rounded));
        }

        double signal = 0;
        double noise = 0;
        for (var i = 0; i < exact.Length; i++)
        {
            double value = exact[i];
            var error = value - rounded[i];
            signal += value * value;
            noise += error * error;
        }

        Add(signal, noise);
    }

    /// <summary>Takes sums.</summary>
    /// <param name="signal">Σ x² of some values.</param>
    /// <param name="noise">Σ (x − x̂)² of the same.</param>
    public void Add(double signal, double noise)
    {
        Signal += signal;
        Noise += noise;
    }
}

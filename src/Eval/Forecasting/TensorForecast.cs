namespace OutlierQuant.Eval.Forecasting;

/// <summary>What rounding does to the entries of one tensor, forecast from a few numbers and, where a text was given, measured.</summary>
/// <remarks>Ratios are <c>10 · log10(Σ x² / Σ (x − x̂)²)</c> in decibels; null where no finite number says it, and measured ones without a text. The body are the entries up to <see cref="Quantile999"/>.</remarks>
public sealed record TensorForecast
{
    /// <summary>Gets the largest magnitude.</summary>
    public required double Max { get; init; }

    /// <summary>Gets the 99.9 % quantile of the magnitudes.</summary>
    public required double Quantile999 { get; init; }

    /// <summary>Gets the median magnitude.</summary>
    public required double Median { get; init; }

    /// <summary>Gets the mean square of the entries.</summary>
    public required double MeanSquare { get; init; }

    /// <summary>Gets the bits that the largest entry takes from the body's: <c>log2(max / quantile999)</c>. Null where the quantile is 0.</summary>
    public required double? BitsLost { get; init; }

    /// <summary>Gets the forecast of the signal-to-quantization-noise ratio over all entries.</summary>
    public required double? Sqnr { get; init; }

    /// <summary>Gets the forecast of the ratio over the body.</summary>
    public required double? BodySqnr { get; init; }

    /// <summary>Gets the measured ratio over all entries.</summary>
    public double? MeasuredSqnr { get; init; }

    /// <summary>Gets the measured ratio over the body.</summary>
    public double? MeasuredBodySqnr { get; init; }
}

namespace OutlierQuant.Quantizers;

/// <summary>How far <see cref="Quantizer"/> has come.</summary>
/// <param name="Linear">The linear that was just finished.</param>
/// <param name="LinearsDone">Number of linears finished.</param>
/// <param name="TotalLinears">Number of linears to quantize.</param>
/// <param name="WeightsDone">Number of weights rounded.</param>
/// <param name="TotalWeights">Number of weights to round.</param>
public readonly record struct QuantizationProgress(string Linear, int LinearsDone, int TotalLinears, long WeightsDone, long TotalWeights);

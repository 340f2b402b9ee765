namespace OutlierQuant.Training.Parameters;

/// <summary>A norm's parameters.</summary>
/// <param name="Gain">Shape [1, size].</param>
/// <param name="Bias">Shape [1, size]; null where the mean is not subtracted.</param>
internal sealed record NormParameters(Parameter Gain, Parameter? Bias);

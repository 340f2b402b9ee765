namespace OutlierQuant.Training.Parameters;

/// <summary>A matrix product's parameters.</summary>
/// <param name="Weight">Shape [outFeatures, inFeatures].</param>
/// <param name="Bias">Shape [1, outFeatures], or null.</param>
internal sealed record LinearParameters(Parameter Weight, Parameter? Bias);

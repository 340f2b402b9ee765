namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>How the frequencies of a rotary embedding are stretched beyond the length that the model was trained on.</summary>
/// <remarks><c>linear</c> divides every frequency by <see cref="Factor"/> (Chen et al. 2023, arXiv:2306.15595). <c>llama3</c> divides
/// wavelengths above <c>OriginalMaxPositions / LowFrequencyFactor</c> by it, leaves those below
/// <c>OriginalMaxPositions / HighFrequencyFactor</c> alone, and interpolates between.</remarks>
/// <param name="Type"><c>default</c> (no scaling), <c>linear</c> or <c>llama3</c>.</param>
/// <param name="Factor">Divisor of the frequencies, at least 1; 1 for <c>default</c>.</param>
/// <param name="LowFrequencyFactor"><c>low_freq_factor</c> of <c>llama3</c>; 1 otherwise.</param>
/// <param name="HighFrequencyFactor"><c>high_freq_factor</c> of <c>llama3</c>, above the low one; 1 otherwise.</param>
/// <param name="OriginalMaxPositions">Positions that the model was trained on first, for <c>llama3</c>; 0 otherwise.</param>
public sealed record RopeScaling(string Type, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalMaxPositions);

namespace OutlierQuant.Calibration.Detectors;

/// <summary><c>superweight</c>: one weight of a down projection, named by where its input and its output spike together.</summary>
/// <remarks>
/// <para>The token with the largest magnitude in the projection's input gives the column, the largest magnitude of the projection's
/// output at that same token gives the row; it is a super weight when both magnitudes exceed the threshold.</para>
/// <para>Yu et al., "The Super Weight in Large Language Models", arXiv:2411.07191, section 3.1, which takes both maxima over the whole prompt
/// and looks for a spike by eye: 50 is this project's threshold.</para>
/// </remarks>
public static class SuperWeightDetector
{
    /// <summary>Finds the entry of largest magnitude, the first among equals.</summary>
    /// <param name="values">One token's values, at least one. Shape <c>[channels]</c>.</param>
    /// <returns>Index of the entry.</returns>
    public static int Spike(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.IndexOfMaxMagnitude(values);

    /// <summary>Decides whether an input and an output name a super weight.</summary>
    /// <param name="input">The largest input, signed.</param>
    /// <param name="output">The largest output at that token, signed.</param>
    /// <param name="minSpike">Threshold.</param>
    public static bool IsSuperWeight(float input, float output, double minSpike) =>
        Math.Abs((double)input) > minSpike && Math.Abs((double)output) > minSpike;
}

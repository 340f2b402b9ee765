namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>One kind of product at one shape for one number of activation rows, and the work it amounts to.</summary>
internal sealed record ProductCase(ProductKernel Kernel, WeightShape Shape, int Rows)
{
    /// <summary>Gets the operations, two for each pair of an activation and a weight. Preserved channels are pairs like all others.</summary>
    public double Operations => 2.0 * Shape.Weights * Rows;

    /// <summary>Gets the bytes of the weights: floats, or codes and scales.</summary>
    public double WeightBytes => Shape.OutFeatures * (Kernel.BytesPerOutFeature(Shape.InFeatures) + (Kernel.CodeWeights is null ? 0.0 : sizeof(float) * Kernel.Groups(Shape.InFeatures)));

    /// <summary>Computes the bytes that must move at least: weights and activations in, products out, each once.</summary>
    /// <param name="preservedChannels">Input features that stay in float.</param>
    /// <param name="includesActivationQuantization">Whether the activations come as floats although the product takes codes.</param>
    public double Bytes(int preservedChannels, bool includesActivationQuantization)
    {
        double activations = (double)Rows * (Kernel.HasIntegerActivations && !includesActivationQuantization
            ? Shape.InFeatures + (sizeof(float) * (preservedChannels + 1.0))
            : sizeof(float) * (double)Shape.InFeatures);
        return WeightBytes + (sizeof(float) * (double)Shape.OutFeatures * preservedChannels) + activations + (sizeof(float) * (double)Rows * Shape.OutFeatures);
    }
}

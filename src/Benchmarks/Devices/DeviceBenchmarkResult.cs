namespace OutlierQuant.Benchmarks.Devices;

/// <summary>The median time of one product on a device, and what it is worth.</summary>
public sealed record DeviceBenchmarkResult
{
    /// <summary>Gets the kind of product, <c>activations×weights</c>.</summary>
    public required string Kernel { get; init; }

    /// <summary>Gets the rows of activations: tokens.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the input features.</summary>
    public required int InFeatures { get; init; }

    /// <summary>Gets the output features.</summary>
    public required int OutFeatures { get; init; }

    /// <summary>Gets the number of input features that stay in float.</summary>
    public required int PreservedChannels { get; init; }

    /// <summary>Gets what ran.</summary>
    public required string Implementation { get; init; }

    /// <summary>Gets the median time of a whole product in milliseconds.</summary>
    public required double MedianMs { get; init; }

    /// <summary>Gets <c>2 · rows · inFeatures · outFeatures</c> in 10⁹ a second.</summary>
    public required double GopsPerSecond { get; init; }

    /// <summary>Gets the bytes of weights, activations and products, each counted once, in 10⁹ a second.</summary>
    public required double GbPerSecond { get; init; }

    /// <summary>Gets <c>100 ·</c> the time that copying as many bytes takes <c>÷</c> the time taken. Many rows are bound by arithmetic, and far below 100.</summary>
    public required double PercentOfCeiling { get; init; }

    /// <summary>Gets whether rounding the activations to codes is part of the time. Never for float activations.</summary>
    public required bool IncludesActivationQuantization { get; init; }

    /// <summary>Gets the number of samples of the median.</summary>
    public required int Samples { get; init; }
}

namespace OutlierQuant.Benchmarks;

/// <summary>The median time of one implementation of one product, and what it is worth.</summary>
public sealed record BenchmarkResult
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

    /// <summary>Gets what is done about outlier channels.</summary>
    public required OutlierArm Arm { get; init; }

    /// <summary>Gets what ran: a suite, or an instruction set of it.</summary>
    public required string Implementation { get; init; }

    /// <summary>Gets the median time of a whole product in milliseconds.</summary>
    public required double MedianMs { get; init; }

    /// <summary>Gets <c>2 · rows · inFeatures · outFeatures</c> in 10⁹ a second.</summary>
    public required double GopsPerSecond { get; init; }

    /// <summary>Gets the bytes of weights, activations and products, each counted once, in 10⁹ a second.</summary>
    public required double GbPerSecond { get; init; }

    /// <summary>Gets <c>100 ·</c> the time that the nearer ceiling allows <c>÷</c> the time taken.</summary>
    public required double PercentOfCeiling { get; init; }

    /// <summary>Gets the nearer ceiling: <c>dram</c> or the type of the arithmetic.</summary>
    public required string BoundBy { get; init; }

    /// <summary>Gets the memory ceiling sampled in turn with this product.</summary>
    public required double CeilingGbPerSecond { get; init; }

    /// <summary>Gets the arithmetic ceiling sampled in turn with this product.</summary>
    public required double CeilingGopsPerSecond { get; init; }

    /// <summary>Gets whether rounding the activations to codes (and for <see cref="OutlierArm.Searching"/> the search) is part of the time. Never for float activations.</summary>
    public required bool IncludesActivationQuantization { get; init; }

    /// <summary>Gets the output features that were timed; the time is scaled from them.</summary>
    public required int MeasuredOutFeatures { get; init; }

    /// <summary>Gets the number of samples of the median.</summary>
    public required int Samples { get; init; }

    /// <summary>Gets the number of samples left out because something else ran on the machine.</summary>
    public required int DiscardedSamples { get; init; }

    /// <summary>Gets whether the machine was never calm for long enough, so that disturbed samples count.</summary>
    public required bool IsDisturbed { get; init; }
}

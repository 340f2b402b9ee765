using OutlierQuant.Kernels;

namespace OutlierQuant.Benchmarks;

/// <summary>What to measure.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Gets the kernels.</summary>
    public required KernelSuite Suite { get; init; }

    /// <summary>Gets the number of threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Gets the kinds of product.</summary>
    public IReadOnlyList<ProductKernel> Kernels { get; init; } = ProductKernel.All;

    /// <summary>Gets the weight shapes: attention and feed-forward matrices of Llama 7B, Qwen2 0.5B and Llama 13B.</summary>
    public IReadOnlyList<WeightShape> Shapes { get; init; } = [new(4096, 4096), new(11008, 4096), new(4096, 11008), new(896, 4864), new(4864, 896), new(5120, 13824)];

    /// <summary>Gets the numbers of activation rows: one token at a time, a few at once, and prompts.</summary>
    public IReadOnlyList<int> Rows { get; init; } = [1, 8, 32, 128, 512];

    /// <summary>Gets the numbers of preserved channels; 0 is the naive product.</summary>
    public IReadOnlyList<int> PreservedCounts { get; init; } = [0, 1, 4, 16, 64];

    /// <summary>Gets the time that the run is to take at most, setting up included. Products that would not fit are timed on some of their output features.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets whether fewer samples are enough.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Makes the options of a short look: two shapes, three numbers of rows, and no or four preserved channels.</summary>
    /// <param name="suite">The kernels.</param>
    public static BenchmarkOptions Quick(KernelSuite suite) => new()
    {
        Suite = suite,
        Shapes = [new(4096, 4096), new(896, 4864)],
        Rows = [1, 32, 512],
        PreservedCounts = [0, 4],
        TimeLimit = TimeSpan.FromSeconds(60),
        IsQuick = true,
    };
}

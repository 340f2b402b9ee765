namespace OutlierQuant.Benchmarks;

/// <summary>What a run measured.</summary>
public sealed record BenchmarkReport
{
    /// <summary>Gets the version of this document.</summary>
    public int Version { get; init; } = 2;

    /// <summary>Gets the machine and the versions.</summary>
    public required MachineDescription Machine { get; init; }

    /// <summary>Gets the number of threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Gets the suite that ran.</summary>
    public required string Suite { get; init; }

    /// <summary>Gets how exactly it may compute products of floats: <c>f32</c>, or <c>bf16</c>, where activations (and F32 and F16 weights) may be rounded to bf16.</summary>
    public required string Precision { get; init; }

    /// <summary>Gets every suite, fastest first, and why some cannot run.</summary>
    public required IReadOnlyList<SuiteState> Suites { get; init; }

    /// <summary>Gets the most that the machine does.</summary>
    public required CeilingReport Ceilings { get; init; }

    /// <summary>Gets the products, by shape, then kernel, then rows.</summary>
    public required IReadOnlyList<BenchmarkResult> Results { get; init; }

    /// <summary>Gets the bytes of weights that rotate, so that caches do not hold them.</summary>
    public required long RotationBytes { get; init; }

    /// <summary>Gets the samples that count.</summary>
    public required int Samples { get; init; }

    /// <summary>Gets the samples left out because something else ran on the machine.</summary>
    public required int DiscardedSamples { get; init; }

    /// <summary>Gets the arms for which the machine was never calm for long enough.</summary>
    public required int DisturbedArms { get; init; }

    /// <summary>Gets the arms measured.</summary>
    public required int Arms { get; init; }

    /// <summary>Gets the duration of the run.</summary>
    public required double Seconds { get; init; }

    /// <summary>Gets one line on a machine that was too busy for these figures to be trusted; null where it was calm.</summary>
    public required string? Warning { get; init; }
}

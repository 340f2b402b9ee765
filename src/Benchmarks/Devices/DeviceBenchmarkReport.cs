using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Benchmarks.Devices;

/// <summary>What a run on a device measured.</summary>
public sealed record DeviceBenchmarkReport
{
    /// <summary>Gets the version of this document.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Gets the machine and the versions.</summary>
    public required MachineDescription Machine { get; init; }

    /// <summary>Gets the device.</summary>
    public required DeviceDescription Device { get; init; }

    /// <summary>Gets the most that the device does.</summary>
    public required DeviceCeilings Ceilings { get; init; }

    /// <summary>Gets the products, by shape, then kernel, then rows.</summary>
    public required IReadOnlyList<DeviceBenchmarkResult> Results { get; init; }

    /// <summary>Gets the bytes of weights that rotate, so that caches do not hold them.</summary>
    public required long RotationBytes { get; init; }

    /// <summary>Gets the duration of the run.</summary>
    public required double Seconds { get; init; }
}

namespace OutlierQuant.Benchmarks.Devices;

/// <summary>The most that a device does, measured in the same run as the kernels.</summary>
/// <param name="CopyGbPerSecond">Copying from one buffer of the device to another: bytes read plus bytes written, in 10⁹ a second.</param>
public sealed record DeviceCeilings(double CopyGbPerSecond);

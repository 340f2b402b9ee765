namespace OutlierQuant.Kernels.Devices;

/// <summary>A driver could not compile a kernel.</summary>
/// <remarks>The message is one line: the device, the source, and the first line of the log that says what is wrong.</remarks>
/// <param name="device">The device.</param>
/// <param name="source">Name of the source.</param>
/// <param name="log">What the compiler wrote.</param>
public sealed class DeviceBuildException(DeviceDescription device, string source, string log)
    : DeviceException(device, $"{device.Id} ({device.Name}) could not compile {source}: {FirstError(log)}.", null)
{
    /// <summary>Gets all that the compiler wrote.</summary>
    public string Log { get; } = log;

    private static string FirstError(string log)
    {
        string[] lines = log.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string line = lines.FirstOrDefault(static line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.FirstOrDefault() ?? "the compiler gave no reason";
        return line.TrimEnd('.');
    }
}

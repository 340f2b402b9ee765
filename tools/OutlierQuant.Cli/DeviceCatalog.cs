using System.Globalization;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.Cuda;
using OutlierQuant.Kernels.Gpu.OpenCL;
#if ILGPU
using OutlierQuant.Kernels.Ilgpu;
#endif

namespace OutlierQuant.Cli;

/// <summary>The devices of this machine, of every backend. The one place that knows which backends there are.</summary>
internal static class DeviceCatalog
{
    /// <summary>What computes on the processor itself.</summary>
    public const string Cpu = "cpu";

    private const string Auto = "auto";

    private static readonly Dictionary<string, (Func<DeviceSearch> Find, Func<int, IDevice> Open)> Backends = new()
    {
        ["cuda"] = (CudaDevices.Find, CudaDevices.Open),
        ["opencl"] = (OpenCLDevices.Find, OpenCLDevices.Open),
#if ILGPU
        ["ilgpu"] = (IlgpuDevices.Find, IlgpuDevices.Open),
#endif
    };

    /// <summary>Gets what <c>--device</c> may be, for help and errors.</summary>
    public static string Choices => $"{Cpu}, {Auto}, {string.Join(", ", Backends.Keys.Select(backend => $"{backend}[:N]"))}";

    /// <summary>Looks at the devices of every backend.</summary>
    public static DeviceSearch Find()
    {
        DeviceSearch[] searches = [.. Backends.Values.Select(backend => backend.Find())];
        return new([.. searches.SelectMany(search => search.Found)], [.. searches.SelectMany(search => search.Rejected)]);
    }

    /// <summary>Whether a word is one of <see cref="Choices"/>.</summary>
    public static bool IsChoice(string word) => word is Cpu or Auto || Split(word) is not null;

    /// <summary>Opens a device.</summary>
    /// <param name="choice">One of <see cref="Choices"/>. <c>auto</c> takes the first graphics processor, and the CPU where there is none: a device that computes on the CPU is slower than our own kernels.</param>
    /// <returns>The device, or null for the CPU.</returns>
    /// <exception cref="ArgumentException">There is no such device; the message says what there is and what was rejected.</exception>
    public static IDevice? Open(string choice)
    {
        if (choice == Auto)
        {
            DeviceDescription? first = Find().Found.FirstOrDefault(device => device.IsGpu);
            return first is null ? null : Backends[first.Backend].Open(first.Index);
        }

        return Split(choice) is (string backend, int index) ? Backends[backend].Open(index) : null;
    }

    private static (string Backend, int Index)? Split(string word)
    {
        string[] parts = word.Split(':');
        return parts.Length > 2 || !Backends.ContainsKey(parts[0]) ? null
            : parts.Length == 1 ? (parts[0], 0)
            : int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? (parts[0], index)
            : null;
    }
}

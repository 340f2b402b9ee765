using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.OpenCL;

/// <summary>The OpenCL devices of this machine.</summary>
public static class OpenCLDevices
{
    private const string Backend = "opencl";

    /// <summary>Looks at every device of every platform. Each is opened once and made to compile our smallest program.</summary>
    public static DeviceSearch Find()
    {
        OpenCLSearch search = new(GpuLibraries.NamesOf(GpuLibraries.OpenCL));
        return new DeviceSearch([.. search.Usable.Select(static usable => usable.Description)], search.Rejected);
    }

    /// <summary>Opens a device.</summary>
    /// <param name="index">0-based position among those that <see cref="Find"/> found.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device; the message says what there is and what was rejected.</exception>
    public static IDevice Open(int index = 0) => Open(index, ProductForms.DefaultTilesFromTokens);

    /// <summary>Opens a device whose products go in tiles from a number of tokens on.</summary>
    internal static GpuDevice Open(int index, int tilesFromTokens)
    {
        OpenCLSearch search = new(GpuLibraries.NamesOf(GpuLibraries.OpenCL));
        if (index < 0 || index >= search.Usable.Count)
        {
            string found = search.Usable.Count == 0 ? "no device" : $"{Backend}:0 to {Backend}:{search.Usable.Count - 1}";
            throw new ArgumentOutOfRangeException(
                nameof(index), index, $"OpenCL has {found} here{string.Concat(search.Rejected.Select(static rejection => $"; {rejection.Name}: {rejection.Reason}"))}.");
        }

        return new GpuDevice(new OpenCLDriver(search.Usable[index].Handle, index), tilesFromTokens);
    }
}

using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The CUDA devices of this machine.</summary>
public static class CudaDevices
{
    private const string Backend = "cuda";

    /// <summary>Looks at every device. Each is opened once and made to load our smallest program.</summary>
    public static DeviceSearch Find()
    {
        CudaSearch search = new(GpuLibraries.NamesOf(GpuLibraries.Cuda));
        return new DeviceSearch([.. search.Usable.Select(static usable => usable.Description)], search.Rejected);
    }

    /// <summary>Opens a device.</summary>
    /// <param name="index">0-based position among those that <see cref="Find"/> found.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device; the message says what there is and what was rejected.</exception>
    public static IDevice Open(int index = 0) => Open(index, ProductForms.DefaultTilesFromTokens);

    /// <summary>Opens a device whose products go in tiles from a number of tokens on.</summary>
    internal static GpuDevice Open(int index, int tilesFromTokens, bool usesTensorCores = true)
    {
        CudaSearch search = new(GpuLibraries.NamesOf(GpuLibraries.Cuda));
        if (index < 0 || index >= search.Usable.Count)
        {
            string found = search.Usable.Count == 0 ? "no device" : $"{Backend}:0 to {Backend}:{search.Usable.Count - 1}";
            throw new ArgumentOutOfRangeException(
                nameof(index), index, $"CUDA has {found} here{string.Concat(search.Rejected.Select(static rejection => $"; {rejection.Name}: {rejection.Reason}"))}.");
        }

        return new GpuDevice(new CudaDriver(search.Usable[index].Handle, index), tilesFromTokens, usesTensorCores);
    }
}

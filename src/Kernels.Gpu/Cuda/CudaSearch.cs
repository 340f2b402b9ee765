using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>Looks for devices behind the first of some libraries.</summary>
internal sealed unsafe class CudaSearch
{
    private const string Backend = "cuda";

    private readonly List<(int Handle, DeviceDescription Description)> _usable = [];
    private readonly List<DeviceRejection> _rejected = [];

    public CudaSearch(IReadOnlyList<string> libraryNames)
    {
        if (!GpuLibraries.TryLoad(libraryNames, out _))
        {
            _rejected.Add(new DeviceRejection(Backend, "driver", $"no library: tried {string.Join(", ", libraryNames)}"));
            return;
        }

        try
        {
            int count = Count();
            for (int ordinal = 0; ordinal < count; ordinal++)
            {
                Try(ordinal);
            }
        }
        catch (Exception failed) when (failed is GpuDriverException or EntryPointNotFoundException)
        {
            // A function that is missing means a driver older than what we call.
            _rejected.Add(new DeviceRejection(Backend, "driver", failed.Message.ReplaceLineEndings(" ")));
        }
    }

    public IReadOnlyList<(int Handle, DeviceDescription Description)> Usable => _usable;

    public IReadOnlyList<DeviceRejection> Rejected => _rejected;

    private static int Count()
    {
        int error = CudaApi.cuInit(0);
        int count = 0;
        if (error == 0)
        {
            CudaError.Check(CudaApi.cuDeviceGetCount(&count), "counting the devices");
        }

        if (error == CudaError.NoDevice || (error == 0 && count == 0))
        {
            throw new GpuDriverException("starting the driver", "the library is there, but no device is", isOutOfMemory: false);
        }

        CudaError.Check(error, "starting the driver");
        return count;
    }

    private void Try(int ordinal)
    {
        string name = $"device {ordinal}";
        try
        {
            int device;
            CudaError.Check(CudaApi.cuDeviceGet(&device, ordinal), "opening the device");
            CudaDeviceInfo info = new(device);
            name = info.Name;
            if (info.UnusableBecause() is string reason)
            {
                _rejected.Add(new DeviceRejection(Backend, name, reason));
                return;
            }

            using CudaDriver driver = new(device, _usable.Count);
            GpuProgram smallest = GpuProducts.SmallestProgram;
            _ = driver.Build(smallest.Name, KernelSource.Of(smallest, driver.SourceHeader));
            _usable.Add((device, driver.Description));
        }
        catch (Exception failed) when (failed is GpuDriverException or DeviceBuildException or NvrtcException)
        {
            _rejected.Add(new DeviceRejection(Backend, name, failed.Message.ReplaceLineEndings(" ")));
        }
    }
}

using System.Text;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.OpenCL;

/// <summary>Looks for devices behind the first of some libraries.</summary>
internal sealed unsafe class OpenCLSearch
{
    private const string Backend = "opencl";

    private readonly List<(nint Handle, DeviceDescription Description)> _usable = [];
    private readonly List<DeviceRejection> _rejected = [];

    public OpenCLSearch(IReadOnlyList<string> libraryNames)
    {
        if (!GpuLibraries.TryLoad(libraryNames, out _))
        {
            _rejected.Add(new DeviceRejection(Backend, "driver", $"no library: tried {string.Join(", ", libraryNames)}"));
            return;
        }

        foreach (nint platform in Platforms())
        {
            LookAt(platform);
        }
    }

    public IReadOnlyList<(nint Handle, DeviceDescription Description)> Usable => _usable;

    public IReadOnlyList<DeviceRejection> Rejected => _rejected;

    private nint[] Platforms()
    {
        uint count = 0;
        int error = OpenCLApi.clGetPlatformIDs(0, null, &count);
        if (error != 0 || count == 0)
        {
            string reason = error is 0 or OpenCLError.PlatformNotFound ? "the library is there, but no platform is installed" : OpenCLError.InWords(error);
            _rejected.Add(new DeviceRejection(Backend, "driver", reason));
            return [];
        }

        nint[] platforms = new nint[count];
        fixed (nint* pinned = platforms)
        {
            OpenCLError.Check(OpenCLApi.clGetPlatformIDs(count, pinned, null), "listing the platforms");
        }

        return platforms;
    }

    private void LookAt(nint platform)
    {
        uint count = 0;
        int error = OpenCLApi.clGetDeviceIDs(platform, OpenCLApi.AllDevices, 0, null, &count);
        if (error != 0 || count == 0)
        {
            _rejected.Add(new DeviceRejection(Backend, PlatformName(platform), error is 0 or OpenCLError.DeviceNotFound ? "the platform has no device" : OpenCLError.InWords(error)));
            return;
        }

        nint[] devices = new nint[count];
        fixed (nint* pinned = devices)
        {
            OpenCLError.Check(OpenCLApi.clGetDeviceIDs(platform, OpenCLApi.AllDevices, count, pinned, null), "listing the devices");
        }

        foreach (nint device in devices)
        {
            Try(device);
        }
    }

    private void Try(nint device)
    {
        string name = "device";
        try
        {
            OpenCLDeviceInfo info = new(device);
            name = info.Name;
            if (info.UnusableBecause() is string reason)
            {
                _rejected.Add(new DeviceRejection(Backend, name, reason));
                return;
            }

            using OpenCLDriver driver = new(device, _usable.Count);
            _ = driver.Build(GpuProducts.SmallestProgram.Name, KernelSource.Of(GpuProducts.SmallestProgram, driver.SourceHeader));
            _usable.Add((device, driver.Description));
        }
        catch (Exception failed) when (failed is GpuDriverException or DeviceBuildException)
        {
            _rejected.Add(new DeviceRejection(Backend, name, failed.Message));
        }
    }

    private static string PlatformName(nint platform)
    {
        nuint length;
        if (OpenCLApi.clGetPlatformInfo(platform, OpenCLApi.PlatformName, 0, null, &length) != 0)
        {
            return "platform";
        }

        byte[] text = new byte[(int)length];
        fixed (byte* pinned = text)
        {
            return OpenCLApi.clGetPlatformInfo(platform, OpenCLApi.PlatformName, length, pinned, null) == 0 ? Encoding.UTF8.GetString(text).TrimEnd('\0', ' ') : "platform";
        }
    }
}

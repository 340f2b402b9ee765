using System.Globalization;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>The devices of this machine that ILGPU drives: CUDA devices first, then those of OpenCL.</summary>
public static class IlgpuDevices
{
    private const string Backend = "ilgpu";

    // Rows are read once for each token, from the second-level cache after the first; a tile of 32 or 64 tokens would be mostly empty.
    private const int MostRowTokens = 8;

    /// <summary>Gets the version of ILGPU.</summary>
    internal static string Version => typeof(Context).Assembly.GetName().Version?.ToString(3) ?? "of unknown version";

    /// <summary>Looks at every device.</summary>
    public static DeviceSearch Find()
    {
        (IReadOnlyList<Device> usable, IReadOnlyList<DeviceRejection> rejected) = Look();
        return new DeviceSearch([.. usable.Select(Describe)], rejected);
    }

    /// <summary>Opens a device.</summary>
    /// <param name="index">0-based position among those that <see cref="Find"/> found.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device; the message says what there is and what was rejected.</exception>
    /// <exception cref="DeviceLostException">The driver cannot open it.</exception>
    public static IlgpuDevice Open(int index = 0)
    {
        (IReadOnlyList<Device> usable, IReadOnlyList<DeviceRejection> rejected) = Look();
        if (index < 0 || index >= usable.Count)
        {
            string found = usable.Count == 0 ? "no device" : $"{Backend}:0 to {Backend}:{usable.Count - 1}";
            throw new ArgumentOutOfRangeException(nameof(index), index, $"ILGPU has {found} here{string.Concat(rejected.Select(static rejection => $"; {rejection.Name}: {rejection.Reason}"))}.");
        }

        Device device = usable[index];
        DeviceDescription description = Describe(device, index);
        Context context = CreateContext(builder => _ = device is CudaDevice cuda ? builder.Cuda(other => other.DeviceId == cuda.DeviceId) : builder.OpenCL(other => other.DeviceId == ((CLDevice)device).DeviceId));
        try
        {
            return new IlgpuDevice(context, context.Devices[0].CreateAccelerator(context), description, new IlgpuRoutes(MostRowTokens, HasTensorCores(device)));
        }
        catch (AcceleratorException failed)
        {
            context.Dispose();
            throw new DeviceLostException(description, "opening the device", IlgpuErrors.Describe(failed), failed);
        }
    }

    /// <summary>Makes a context: what ILGPU compiles with. Products are summed as IEEE 754 says, without fast math.</summary>
    internal static Context CreateContext(Action<Context.Builder> devices)
    {
        NativeLibraryNames.Install();
        return Context.Create(builder =>
        {
            devices(builder);
            builder.Math(MathMode.Default).EnableAlgorithms();
        });
    }

    private static (IReadOnlyList<Device> Usable, IReadOnlyList<DeviceRejection> Rejected) Look()
    {
        NativeLibraryNames.Install();
        List<Device> usable = [];
        List<DeviceRejection> rejected = [];
        Device[] all = [.. CudaDevice.GetDevices(static _ => true), .. CLDevice.GetDevices(static _ => true)];
        foreach (Device device in all)
        {
            if (UnusableBecause(device) is string reason)
            {
                rejected.Add(new DeviceRejection(Backend, device.Name, reason));
            }
            else
            {
                usable.Add(device);
            }
        }

        if (all.Length == 0)
        {
            rejected.Add(new DeviceRejection(Backend, "driver", $"no device of CUDA or OpenCL: looked for {string.Join(" and ", NativeLibraryNames.Looked)}"));
        }

        return (usable, rejected);
    }

    private static string? UnusableBecause(Device device) => device switch
    {
        CudaDevice { Architecture: null } => "ILGPU knows no code for this architecture",
        CudaDevice { Architecture: CudaArchitecture architecture } when architecture < CudaArchitecture.SM_61 => "its compute capability is below 6.1, which has dp4a",
        CLDevice { Capabilities.GenericAddressSpace: false } => "it has no generic address space",
        CLDevice { Capabilities.SubGroups: false } => "it has no subgroups, by which lanes add up",
        CLDevice { Capabilities.Float64: false } => "it has no binary64, which makes codes exact",
        _ => null,
    };

    private static DeviceDescription Describe(Device device, int index)
    {
        (string driver, long largest, string[] features) = device switch
        {
            CudaDevice cuda => (
                string.Create(CultureInfo.InvariantCulture, $"CUDA {cuda.DriverVersion.Major}.{cuda.DriverVersion.Minor}"),
                cuda.MemorySize,
                HasTensorCores(cuda) ? new[] { "gpu", "dp4a", "mma" } : ["gpu", "dp4a"]),
            CLDevice cl => ($"{cl.PlatformName}, {cl.DeviceVersion}", cl.GetDeviceInfo<long>(CLDeviceInfoType.CL_DEVICE_MAX_MEM_ALLOC_SIZE), cl.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU) ? new[] { "gpu" } : []),
            _ => throw new ArgumentException($"ILGPU's {device.GetType().Name} is not a device for products.", nameof(device)),
        };
        return new DeviceDescription(Backend, index, device.Name, $"{driver}, ILGPU {Version}", device.MemorySize, largest, features);
    }

    private static bool HasTensorCores(Device device) => device is CudaDevice { Architecture: CudaArchitecture architecture } && architecture >= CudaArchitecture.SM_80;
}

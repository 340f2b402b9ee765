using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>What CUDA's driver says about a device. All of it is asked before anything is used.</summary>
internal sealed unsafe class CudaDeviceInfo(int device)
{
    /// <summary>The first compute capability with dp4a, times ten.</summary>
    private const int FirstWithByteDot = 61;

    /// <summary>The first compute capability with cp.async and the mma.sync that we use, times ten.</summary>
    public const int FirstWithTensorKernels = 80;

    public string Name
    {
        get
        {
            byte* name = stackalloc byte[256];
            CudaError.Check(CudaApi.cuDeviceGetName(name, 256, device), "asking for the device's name");
            return Marshal.PtrToStringUTF8((nint)name) ?? "";
        }
    }

    /// <summary>Gets the version of CUDA that the driver has, and what compiles our kernels.</summary>
    public static string Driver
    {
        get
        {
            int version;
            CudaError.Check(CudaApi.cuDriverGetVersion(&version), "asking for the driver's version");
            return $"CUDA {version / 1000}.{version % 1000 / 10}, {NvrtcCompiler.Version ?? "embedded PTX"}";
        }
    }

    public long MemoryBytes
    {
        get
        {
            nuint bytes;
            CudaError.Check(CudaApi.cuDeviceTotalMem(&bytes, device), "asking for the device's memory");
            return (long)bytes;
        }
    }

    /// <summary>Gets the compute capability times ten: 90 for 9.0.</summary>
    public int Capability => (10 * Number(CudaApi.MajorCapability)) + Number(CudaApi.MinorCapability);

    /// <summary>Gets the bytes of shared memory that a group may ask for.</summary>
    public int SharedBytes => Number(CudaApi.MaxOptInSharedBytes);

    public IReadOnlyList<string> Features
    {
        get
        {
            string capability = $"sm_{Capability}";
            return Capability >= FirstWithTensorKernels && SharedBytes >= TensorTiles.LargestSharedBytes ? ["gpu", capability, "dp4a", ProductForms.TensorFeature] : ["gpu", capability, "dp4a"];
        }
    }

    /// <summary>Says what a device lacks that our kernels need; null if nothing.</summary>
    public string? UnusableBecause() =>
        Number(CudaApi.ComputeMode) == CudaApi.ProhibitedMode ? "its compute mode is prohibited (nvidia-smi -c 0 allows it)"
        : Capability < FirstWithByteDot ? $"its compute capability is {InWords(Capability)}; kernels need {InWords(FirstWithByteDot)}"
        : NvrtcCompiler.Version is null && Capability < FirstWithTensorKernels
            ? $"its compute capability is {InWords(Capability)}: the embedded PTX needs {InWords(FirstWithTensorKernels)}, and there is no NVRTC to compile for it (tried {string.Join(", ", GpuLibraries.NamesOf(GpuLibraries.Nvrtc))})"
        : NvrtcCompiler.Version is not null && NvrtcCompiler.Architecture(Capability) is null
            ? $"its compute capability is {InWords(Capability)}; {NvrtcCompiler.Version} compiles for none that it runs"
        : null;

    private static string InWords(int capability) => $"{capability / 10}.{capability % 10}";

    private int Number(int attribute)
    {
        int value;
        CudaError.Check(CudaApi.cuDeviceGetAttribute(&value, attribute, device), "asking for the device's properties");
        return value;
    }
}

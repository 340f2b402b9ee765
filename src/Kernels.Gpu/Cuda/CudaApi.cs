using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The functions of CUDA's driver that we call, with their own names, and the constants that they take (NVIDIA, "CUDA Driver API").</summary>
/// <remarks>Addresses of the device are <c>nint</c>: both have 64 bits. Names that end in <c>_v2</c> are what the header of CUDA means by the name without it.</remarks>
internal static unsafe partial class CudaApi
{
    public const int ComputeMode = 20, MajorCapability = 75, MinorCapability = 76, MaxOptInSharedBytes = 97;
    public const int ProhibitedMode = 2;
    public const int MaxDynamicSharedBytes = 8;
    public const int JitErrorLog = 5, JitErrorLogBytes = 6;

    static CudaApi() => GpuLibraries.Register();

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuInit(uint flags);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuDriverGetVersion(int* version);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuGetErrorName(int error, byte** text);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuGetErrorString(int error, byte** text);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuDeviceGetCount(int* count);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuDeviceGet(int* device, int ordinal);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuDeviceGetAttribute(int* value, int attribute, int device);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuDeviceTotalMem_v2")]
    public static partial int cuDeviceTotalMem(nuint* bytes, int device);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuDevicePrimaryCtxRetain(nint* context, int device);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static partial int cuDevicePrimaryCtxRelease(int device);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuCtxPushCurrent_v2")]
    public static partial int cuCtxPushCurrent(nint context);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuCtxPopCurrent_v2")]
    public static partial int cuCtxPopCurrent(nint* context);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuCtxSynchronize();

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuMemAlloc_v2")]
    public static partial int cuMemAlloc(nint* memory, nuint bytes);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuMemFree_v2")]
    public static partial int cuMemFree(nint memory);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuMemcpyHtoD_v2")]
    public static partial int cuMemcpyHtoD(nint destination, void* source, nuint bytes);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuMemcpyDtoH_v2")]
    public static partial int cuMemcpyDtoH(void* destination, nint source, nuint bytes);

    [LibraryImport(GpuLibraries.Cuda, EntryPoint = "cuMemcpyDtoDAsync_v2")]
    public static partial int cuMemcpyDtoDAsync(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuModuleLoadDataEx(nint* module, void* image, uint optionCount, int* options, void** values);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuModuleUnload(nint module);

    [LibraryImport(GpuLibraries.Cuda, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleGetFunction(nint* function, nint module, string name);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuFuncSetAttribute(nint function, int attribute, int value);

    [LibraryImport(GpuLibraries.Cuda)]
    public static partial int cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** parameters, void** extra);
}

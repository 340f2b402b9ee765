using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The functions of NVRTC that we call, with their own names (NVIDIA, "NVRTC", version 11.2 and later).</summary>
internal static unsafe partial class NvrtcApi
{
    static NvrtcApi() => GpuLibraries.Register();

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcVersion(int* major, int* minor);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetNumSupportedArchs(int* count);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetSupportedArchs(int* architectures);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial byte* nvrtcGetErrorString(int error);

    [LibraryImport(GpuLibraries.Nvrtc, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int nvrtcCreateProgram(nint* program, string source, string name, int headerCount, byte** headers, byte** headerNames);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcDestroyProgram(nint* program);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcCompileProgram(nint program, int optionCount, byte** options);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetProgramLogSize(nint program, nuint* length);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetProgramLog(nint program, byte* log);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetPTXSize(nint program, nuint* length);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetPTX(nint program, byte* text);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetCUBINSize(nint program, nuint* length);

    [LibraryImport(GpuLibraries.Nvrtc)]
    public static partial int nvrtcGetCUBIN(nint program, byte* image);
}

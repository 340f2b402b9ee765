using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Gpu.OpenCL;

/// <summary>The functions of OpenCL that we call, with their own names, and the constants that they take (Khronos, "The OpenCL Specification", version 3.0, and its header).</summary>
internal static unsafe partial class OpenCLApi
{
    public const uint PlatformName = 0x0902;
    public const ulong AllDevices = 0xFFFFFFFF;
    public const ulong Gpu = 4;
    public const uint DeviceType = 0x1000, DeviceAvailable = 0x1027, DeviceCompilerAvailable = 0x1028, DeviceName = 0x102B, DriverVersion = 0x102D, DeviceVersion = 0x102F, DeviceExtensions = 0x1030;
    public const uint DeviceMaxWorkGroupSize = 0x1004, DeviceMaxAllocation = 0x1010, DeviceGlobalMemory = 0x101F, DeviceLocalMemory = 0x1023, DeviceSingleFloat = 0x101B, DeviceDoubleFloat = 0x1032;
    public const uint DeviceEndianLittle = 0x1026;
    public const ulong FloatDenormals = 1, FloatInfinityAndNaN = 2, FloatRoundToNearest = 4, FloatCorrectlyRoundedDivide = 128;
    public const uint BuildLog = 0x1183;
    public const ulong ReadWriteMemory = 1;
    public const uint Blocking = 1;

    static OpenCLApi() => GpuLibraries.Register();

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clGetPlatformIDs(uint count, nint* platforms, uint* found);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clGetPlatformInfo(nint platform, uint what, nuint size, void* value, nuint* needed);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clGetDeviceIDs(nint platform, ulong kinds, uint count, nint* devices, uint* found);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clGetDeviceInfo(nint device, uint what, nuint size, void* value, nuint* needed);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial nint clCreateContext(nint* properties, uint count, nint* devices, nint notify, nint user, int* error);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clReleaseContext(nint context);

    // The call of OpenCL 1.x, which every later version still has; the one of 2.0 is absent from older drivers.
    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial nint clCreateCommandQueue(nint context, nint device, ulong properties, int* error);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clReleaseCommandQueue(nint queue);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial nint clCreateBuffer(nint context, ulong flags, nuint size, void* host, int* error);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clReleaseMemObject(nint memory);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clEnqueueWriteBuffer(nint queue, nint memory, uint blocking, nuint offset, nuint size, void* source, uint waits, nint* waitFor, nint* done);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clEnqueueReadBuffer(nint queue, nint memory, uint blocking, nuint offset, nuint size, void* destination, uint waits, nint* waitFor, nint* done);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clEnqueueCopyBuffer(nint queue, nint source, nint destination, nuint sourceOffset, nuint destinationOffset, nuint size, uint waits, nint* waitFor, nint* done);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial nint clCreateProgramWithSource(nint context, uint count, byte** sources, nuint* lengths, int* error);

    [LibraryImport(GpuLibraries.OpenCL, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int clBuildProgram(nint program, uint count, nint* devices, string options, nint notify, nint user);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clGetProgramBuildInfo(nint program, nint device, uint what, nuint size, void* value, nuint* needed);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clReleaseProgram(nint program);

    [LibraryImport(GpuLibraries.OpenCL, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint clCreateKernel(nint program, string name, int* error);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clReleaseKernel(nint kernel);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clSetKernelArg(nint kernel, uint index, nuint size, void* value);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clEnqueueNDRangeKernel(nint queue, nint kernel, uint directions, nuint* offset, nuint* items, nuint* itemsOfGroup, uint waits, nint* waitFor, nint* done);

    [LibraryImport(GpuLibraries.OpenCL)]
    public static partial int clFinish(nint queue);
}

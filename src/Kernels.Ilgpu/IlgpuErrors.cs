using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>What the drivers below ILGPU say when something fails.</summary>
internal static class IlgpuErrors
{
    /// <summary>Says whether there was not enough memory; anything else means that the device is lost.</summary>
    public static bool IsOutOfMemory(Exception failed) => failed switch
    {
        OutOfMemoryException => true,
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        CLException cl => cl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,
        _ => false,
    };

    /// <summary>Gives the driver's code in words.</summary>
    public static string Describe(AcceleratorException failed) => failed switch
    {
        CudaException cuda => $"{cuda.Error}: {cuda.Message}".TrimEnd('.'),
        CLException cl => $"{cl.Error} ({(int)cl.Error})",
        _ => failed.Message.TrimEnd('.'),
    };
}

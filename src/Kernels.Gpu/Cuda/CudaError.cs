using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The error codes of CUDA's driver in its own words.</summary>
internal static unsafe class CudaError
{
    public const int NoDevice = 100;

    private const int OutOfMemory = 2;

    /// <summary>Says what a code means: for example <c>CUDA_ERROR_OUT_OF_MEMORY (2), out of memory</c>.</summary>
    public static string InWords(int code)
    {
        byte* name, text;
        return CudaApi.cuGetErrorName(code, &name) != 0 || CudaApi.cuGetErrorString(code, &text) != 0
            ? $"CUDA error {code}"
            : $"{Marshal.PtrToStringUTF8((nint)name)} ({code}), {Marshal.PtrToStringUTF8((nint)text)}";
    }

    /// <summary>Throws unless a call succeeded.</summary>
    /// <param name="code">What it returned.</param>
    /// <param name="action">What it was to do.</param>
    public static void Check(int code, string action)
    {
        if (code != 0)
        {
            throw new GpuDriverException(action, InWords(code), code == OutOfMemory);
        }
    }
}

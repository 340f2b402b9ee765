using System.Diagnostics;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The context that every user of a device in this process shares.</summary>
internal sealed unsafe class CudaContext : IDisposable
{
    private readonly int _device;
    private readonly nint _handle;

    /// <summary>Opens it.</summary>
    /// <param name="device">CUDA's handle of the device.</param>
    /// <exception cref="GpuDriverException">It cannot be opened.</exception>
    public CudaContext(int device)
    {
        _device = device;
        nint handle;
        CudaError.Check(CudaApi.cuDevicePrimaryCtxRetain(&handle, device), "opening the device");
        _handle = handle;
    }

    /// <summary>Makes the context that of this thread, until the result is disposed of: CUDA's calls go to the context of the thread, and threads come and go.</summary>
    public Scope Enter()
    {
        CudaError.Check(CudaApi.cuCtxPushCurrent(_handle), "entering the device's context");
        return new Scope(_handle);
    }

    // What a failing driver answers here changes nothing any more.
    /// <inheritdoc/>
    public void Dispose() => _ = CudaApi.cuDevicePrimaryCtxRelease(_device);

    /// <summary>A stay in a context.</summary>
    internal readonly ref struct Scope(nint entered)
    {
        public void Dispose()
        {
            nint left;
            int error = CudaApi.cuCtxPopCurrent(&left);
            Debug.Assert(error != 0 || left == entered, "Another context was entered and not left.");
        }
    }
}

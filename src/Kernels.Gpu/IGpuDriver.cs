using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>What a driver does: memory, programs and launches on one device. <see cref="GpuDevice"/> is written once over it.</summary>
/// <remarks>Handles are the driver's own, never 0. Everything runs in the order asked. A call that the driver refuses throws <see cref="GpuDriverException"/>.</remarks>
internal interface IGpuDriver : IDisposable
{
    /// <summary>Gets what the device is.</summary>
    DeviceDescription Description { get; }

    /// <summary>Gets lines of source that come before every kernel: what this driver's compiler must be told.</summary>
    string SourceHeader { get; }

    /// <summary>Reserves memory.</summary>
    /// <param name="byteLength">Bytes, positive.</param>
    nint Allocate(long byteLength);

    /// <summary>Gives memory back, after everything asked before has run.</summary>
    void Release(nint memory);

    /// <summary>Copies bytes of the host to the device; they have been read when it returns.</summary>
    void Upload(ReadOnlySpan<byte> source, nint memory, long offset);

    /// <summary>Waits, and copies bytes of the device to the host.</summary>
    void Download(nint memory, long offset, Span<byte> destination);

    /// <summary>Copies bytes on the device.</summary>
    void Copy(nint source, long sourceOffset, nint destination, long destinationOffset, long byteLength);

    /// <summary>Compiles a source.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="source">The text, header included.</param>
    /// <exception cref="DeviceBuildException">It does not compile.</exception>
    nint Build(string name, string source);

    /// <summary>Finds a kernel of a program; it lives as long as the driver.</summary>
    nint Kernel(nint program, string name);

    /// <summary>Runs a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="size">Groups, and items of a group.</param>
    /// <param name="arguments">Values of its parameters, in order.</param>
    void Launch(nint kernel, LaunchSize size, ReadOnlySpan<GpuArgument> arguments);

    /// <summary>Waits for everything asked before.</summary>
    void Finish();
}

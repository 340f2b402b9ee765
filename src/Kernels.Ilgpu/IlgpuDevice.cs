using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>A device that ILGPU drives: its kernels are the C# methods of this assembly, compiled for the device when they are first needed.</summary>
public sealed class IlgpuDevice : Devices.IDevice
{
    private readonly Context _context;
    private readonly Accelerator _accelerator;
    private readonly Dictionary<MethodInfo, Delegate> _kernels = [];
    private DeviceLostException? _lost;
    private long _bytesInUse;
    private bool _isDisposed;

    internal IlgpuDevice(Context context, Accelerator accelerator, DeviceDescription description, IlgpuRoutes routes)
    {
        _context = context;
        _accelerator = accelerator;
        Description = description;
        Products = new IlgpuProducts(this, routes);
        Parts = new IlgpuParts(this, routes);
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <inheritdoc/>
    public IDeviceProducts Products { get; }

    /// <inheritdoc/>
    public IDeviceParts Parts { get; }

    /// <summary>Gets the lanes that shuffle with each other.</summary>
    internal int WarpSize => _accelerator.WarpSize;

    /// <summary>Gets the most threads of a group.</summary>
    internal int MostThreads => _accelerator.MaxNumThreadsPerGroup;

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long byteLength, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        ThrowIfUnusable();
        if (byteLength > Description.LargestBufferBytes || byteLength > Description.MemoryBytes - _bytesInUse)
        {
            throw new DeviceMemoryException(Description, purpose, byteLength, _bytesInUse);
        }

        try
        {
            IlgpuBuffer buffer = new(this, _accelerator.Allocate1D<Words>(Math.Max(1, (byteLength + Words.Bytes - 1) / Words.Bytes)), byteLength, purpose);
            _bytesInUse += byteLength;
            return buffer;
        }
        catch (Exception refused) when (IlgpuErrors.IsOutOfMemory(refused))
        {
            throw new DeviceMemoryException(Description, purpose, byteLength, _bytesInUse, refused);
        }
        catch (AcceleratorException failed)
        {
            throw Lost($"reserving memory for {purpose}", failed);
        }
    }

    /// <inheritdoc/>
    public unsafe void Upload(ReadOnlySpan<byte> source, DeviceBuffer destination, long destinationOffset = 0)
    {
        ArrayView<byte> view = Bytes(destination, destinationOffset, source.Length, nameof(destination));
        if (source.Length == 0)
        {
            return;
        }

        try
        {
            // ILGPU takes the address of the first byte and does not pin what lies there; the collector may move it while bytes are copied.
            fixed (byte* first = source)
            {
                view.CopyFromCPUUnsafeAsync(_accelerator.DefaultStream, ref *first, source.Length);
                _accelerator.DefaultStream.Synchronize();
            }
        }
        catch (AcceleratorException failed)
        {
            throw Lost($"writing {destination.Purpose}", failed);
        }
    }

    /// <inheritdoc/>
    public unsafe void Download(DeviceBuffer source, long sourceOffset, Span<byte> destination)
    {
        ArrayView<byte> view = Bytes(source, sourceOffset, destination.Length, nameof(source));
        if (destination.Length == 0)
        {
            Finish();
            return;
        }

        try
        {
            fixed (byte* first = destination)
            {
                view.CopyToCPUUnsafeAsync(_accelerator.DefaultStream, ref *first, destination.Length);
                _accelerator.DefaultStream.Synchronize();
            }
        }
        catch (AcceleratorException failed)
        {
            throw Lost($"reading {source.Purpose}", failed);
        }
    }

    /// <inheritdoc/>
    public void Copy(DeviceBuffer source, long sourceOffset, DeviceBuffer destination, long destinationOffset, long byteLength)
    {
        ArrayView<byte> from = Bytes(source, sourceOffset, byteLength, nameof(source)), to = Bytes(destination, destinationOffset, byteLength, nameof(destination));
        if (ReferenceEquals(source, destination) && Math.Abs(sourceOffset - destinationOffset) < byteLength)
        {
            throw new ArgumentException($"The {byteLength} bytes from byte {sourceOffset} on and those from byte {destinationOffset} on overlap in {source.Purpose}.", nameof(destinationOffset));
        }

        if (byteLength == 0)
        {
            return;
        }

        try
        {
            from.CopyTo(_accelerator.DefaultStream, to);
        }
        catch (AcceleratorException failed)
        {
            throw Lost($"copying {source.Purpose}", failed);
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        ThrowIfUnusable();
        try
        {
            _accelerator.DefaultStream.Synchronize();
        }
        catch (AcceleratorException failed)
        {
            throw Lost("waiting for the device", failed);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _accelerator.Dispose();
            _context.Dispose();
        }
    }

    /// <summary>Opens ILGPU's simulator, which runs every thread of a group as a thread of the host. Thousands of times slower than this processor: for tests.</summary>
    /// <param name="warpSize">Lanes of a warp.</param>
    /// <param name="warps">Warps of a group, a power of two.</param>
    /// <param name="routes">Which kernels run.</param>
    internal static IlgpuDevice Simulate(int warpSize, int warps, IlgpuRoutes routes)
    {
        Context context = IlgpuDevices.CreateContext(builder => builder.CPU(new CPUDevice(warpSize, warps, 1)));
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        DeviceDescription description = new("ilgpu", 0, $"simulator, {warps} warps of {warpSize}", $"ILGPU {IlgpuDevices.Version}", memory, memory, []);
        return new IlgpuDevice(context, context.CreateCPUAccelerator(0), description, routes);
    }

    /// <summary>Runs a kernel after everything asked before.</summary>
    /// <param name="kernel">A static method.</param>
    /// <param name="size">Groups, and threads of a group.</param>
    /// <param name="operands">What the kernel takes.</param>
    internal void Launch<TOperands>(Action<TOperands> kernel, KernelConfig size, TOperands operands)
        where TOperands : struct
    {
        ThrowIfUnusable();
        string name = $"{kernel.Method.DeclaringType?.Name}.{kernel.Method.Name}";
        try
        {
            if (!_kernels.TryGetValue(kernel.Method, out Delegate? loaded))
            {
                loaded = _accelerator.LoadStreamKernel(kernel);
                _kernels.Add(kernel.Method, loaded);
            }

            ((Action<KernelConfig, TOperands>)loaded)(size, operands);
        }
        catch (InternalCompilerException failed)
        {
            throw new DeviceBuildException(Description, name, failed.InnerException?.Message ?? failed.Message);
        }
        catch (AcceleratorException failed)
        {
            throw Lost($"starting {name}", failed);
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "What is released here belongs to the buffer.")]
    internal void Release(MemoryBuffer1D<Words, Stride1D.Dense> memory, long byteLength)
    {
        _bytesInUse -= byteLength;
        if (!_isDisposed && _lost is null)
        {
            // A driver gives memory back at once; what reads it must have run.
            Finish();
            memory.Dispose();
        }
    }

    private ArrayView<byte> Bytes(DeviceBuffer buffer, long offset, long byteLength, string parameter)
    {
        ThrowIfUnusable();
        buffer.CheckRange(offset, byteLength, parameter);
        return IlgpuProducts.Own(this, buffer, parameter).As<byte>().SubView(offset, byteLength);
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_lost is not null)
        {
            throw _lost;
        }
    }

    private DeviceLostException Lost(string action, AcceleratorException failed) => _lost = new DeviceLostException(Description, action, IlgpuErrors.Describe(failed), failed);
}

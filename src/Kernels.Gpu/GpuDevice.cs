using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>A device behind any <see cref="IGpuDriver"/>: counts memory, checks ranges, and turns what a driver refuses into the errors of the contract.</summary>
internal sealed class GpuDevice : IDevice
{
    // Drivers have no buffers of length 0, and kernels want an address.
    private const long ShortestAllocation = 16;

    private readonly IGpuDriver _driver;
    private readonly GpuPrograms _programs;
    private GpuDriverException? _lost;
    private bool _isDisposed;

    /// <summary>Takes a driver over.</summary>
    /// <param name="driver">The driver; disposed of with the device.</param>
    /// <param name="tilesFromTokens">Fewest tokens that are multiplied in tiles.</param>
    /// <param name="usesTensorCores">Whether tensor cores are used where the device has some.</param>
    public GpuDevice(IGpuDriver driver, int tilesFromTokens = ProductForms.DefaultTilesFromTokens, bool usesTensorCores = true)
    {
        _driver = driver;
        _programs = new GpuPrograms(driver);
        Products = new GpuProducts(this, new ProductForms(tilesFromTokens, usesTensorCores && driver.Description.Features.Contains(ProductForms.TensorFeature)));
        Parts = new GpuParts(this);
    }

    /// <inheritdoc/>
    public DeviceDescription Description => _driver.Description;

    /// <inheritdoc/>
    public IDeviceProducts Products { get; }

    /// <inheritdoc/>
    public IDeviceParts Parts { get; }

    /// <summary>Gets the bytes of all buffers that are not disposed of.</summary>
    public long BytesInUse { get; private set; }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long byteLength, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        if (byteLength > Description.LargestBufferBytes || byteLength > Description.MemoryBytes - BytesInUse)
        {
            throw new DeviceMemoryException(Description, purpose, byteLength, BytesInUse);
        }

        RequireAlive();
        try
        {
            nint memory = _driver.Allocate(Math.Max(byteLength, ShortestAllocation));
            BytesInUse += byteLength;
            return new GpuBuffer(this, memory, byteLength, purpose);
        }
        catch (GpuDriverException refused) when (refused.IsOutOfMemory)
        {
            throw new DeviceMemoryException(Description, purpose, byteLength, BytesInUse, refused);
        }
        catch (GpuDriverException failed)
        {
            throw Lose(failed);
        }
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<byte> source, DeviceBuffer destination, long destinationOffset = 0)
    {
        destination.CheckRange(destinationOffset, source.Length, nameof(destination));
        nint memory = Own(destination, nameof(destination)).Memory;
        if (source.IsEmpty)
        {
            return;
        }

        RequireAlive();
        try
        {
            _driver.Upload(source, memory, destinationOffset);
        }
        catch (GpuDriverException failed)
        {
            throw Lose(failed);
        }
    }

    /// <inheritdoc/>
    public void Download(DeviceBuffer source, long sourceOffset, Span<byte> destination)
    {
        source.CheckRange(sourceOffset, destination.Length, nameof(source));
        nint memory = Own(source, nameof(source)).Memory;
        if (destination.IsEmpty)
        {
            return;
        }

        RequireAlive();
        try
        {
            _driver.Download(memory, sourceOffset, destination);
        }
        catch (GpuDriverException failed)
        {
            throw Lose(failed);
        }
    }

    /// <inheritdoc/>
    public void Copy(DeviceBuffer source, long sourceOffset, DeviceBuffer destination, long destinationOffset, long byteLength)
    {
        source.CheckRange(sourceOffset, byteLength, nameof(source));
        destination.CheckRange(destinationOffset, byteLength, nameof(destination));
        if (ReferenceEquals(source, destination) && Math.Abs(sourceOffset - destinationOffset) < byteLength)
        {
            throw new ArgumentException($"{byteLength} bytes from byte {sourceOffset} on cannot be copied to byte {destinationOffset} of the same buffer: they overlap.", nameof(destinationOffset));
        }

        nint from = Own(source, nameof(source)).Memory, to = Own(destination, nameof(destination)).Memory;
        if (byteLength > 0)
        {
            Run(() => _driver.Copy(from, sourceOffset, to, destinationOffset, byteLength));
        }
    }

    /// <inheritdoc/>
    public void Finish() => Run(_driver.Finish);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _driver.Dispose();
        }
    }

    /// <summary>Runs a kernel of this assembly's sources.</summary>
    /// <param name="program">The program; compiled when it is first used.</param>
    /// <param name="kernel">The kernel's name.</param>
    /// <param name="size">Groups, and items of a group; nothing runs where there are no groups.</param>
    /// <param name="arguments">Values of its parameters, in order.</param>
    /// <exception cref="DeviceBuildException">The program does not compile.</exception>
    public void Launch(GpuProgram program, string kernel, LaunchSize size, ReadOnlySpan<GpuArgument> arguments)
    {
        if (size.GroupsX <= 0 || size.GroupsY <= 0)
        {
            return;
        }

        RequireAlive();
        try
        {
            _driver.Launch(_programs.Kernel(program, kernel), size, arguments);
        }
        catch (GpuDriverException refused) when (refused.IsOutOfMemory)
        {
            // Some drivers find room for a buffer only when a kernel first uses it.
            throw new DeviceMemoryException(Description, $"what {kernel} works on", 0, BytesInUse, refused);
        }
        catch (GpuDriverException failed)
        {
            throw Lose(failed);
        }
    }

    /// <summary>Gives a buffer as this backend's own.</summary>
    /// <exception cref="ArgumentException">It belongs to another device.</exception>
    public GpuBuffer Own(DeviceBuffer buffer, string parameter) =>
        buffer is GpuBuffer own && ReferenceEquals(own.Device, this)
            ? own
            : throw new ArgumentException($"The buffer for {buffer.Purpose} does not belong to {Description.Id}.", parameter);

    internal void Release(nint memory, long byteLength)
    {
        BytesInUse -= byteLength;

        // The memory of a lost or disposed device is gone already.
        if (!_isDisposed && _lost is null)
        {
            Run(() => _driver.Release(memory));
        }
    }

    private void Run(Action call)
    {
        RequireAlive();
        try
        {
            call();
        }
        catch (GpuDriverException failed)
        {
            throw Lose(failed);
        }
    }

    private void RequireAlive()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_lost is not null)
        {
            throw Lose(_lost);
        }
    }

    private DeviceLostException Lose(GpuDriverException failed)
    {
        _lost ??= failed;
        return new DeviceLostException(Description, failed.Action, failed.Code, failed);
    }
}

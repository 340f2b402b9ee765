using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>A driver without a device, which refuses the calls that a test names.</summary>
internal sealed class FailingDriver : IGpuDriver
{
    private nint _lastHandle;

    /// <summary>Gets or sets the call that fails; null for none.</summary>
    public string? Fails { get; set; }

    /// <summary>Gets or sets whether it fails for lack of memory.</summary>
    public bool LacksMemory { get; set; }

    /// <summary>Gets the calls that were made, by name.</summary>
    public List<string> Calls { get; } = [];

    public DeviceDescription Description { get; } = new("opencl", 3, "Failing", "1.0", 1 << 20, 1 << 19, []);

    public string SourceHeader => "";

    public nint Allocate(long byteLength) => Call(nameof(Allocate));

    public void Release(nint memory) => Call(nameof(Release));

    public void Upload(ReadOnlySpan<byte> source, nint memory, long offset) => Call(nameof(Upload));

    public void Download(nint memory, long offset, Span<byte> destination) => Call(nameof(Download));

    public void Copy(nint source, long sourceOffset, nint destination, long destinationOffset, long byteLength) => Call(nameof(Copy));

    public nint Build(string name, string source) => Fails == nameof(Build) ? throw new DeviceBuildException(Description, name, "1:2: error: no such thing") : Call(nameof(Build));

    public nint Kernel(nint program, string name) => Call(nameof(Kernel));

    public void Launch(nint kernel, LaunchSize size, ReadOnlySpan<GpuArgument> arguments) => Call(nameof(Launch));

    public void Finish() => Call(nameof(Finish));

    public void Dispose() => Calls.Add(nameof(Dispose));

    private nint Call(string name)
    {
        Calls.Add(name);
        return name == Fails ? throw new GpuDriverException($"doing {name}", "CODE (-5)", LacksMemory) : ++_lastHandle;
    }
}

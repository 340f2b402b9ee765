using System.Collections.Concurrent;
using System.Text;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.Cuda;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>A CUDA device without a GPU: runs the PTX of our kernels lane by lane. It stops at whatever a device would not do: an access outside a buffer, lanes that do not meet.</summary>
internal sealed class EmulatedDriver : IGpuDriver
{
    // Compiling takes longer than running.
    private static readonly ConcurrentDictionary<(string Name, string Source), PtxModule> _read = new();

    private readonly bool _backwards;
    private readonly PtxMemory _memory = new();
    private readonly List<PtxModule> _modules = [];
    private readonly List<PtxKernel> _kernels = [];

    /// <summary>Makes a device.</summary>
    /// <param name="backwards">Whether groups and lanes run in falling order: a race shows in one of the two.</param>
    public EmulatedDriver(bool backwards) => _backwards = backwards;

    public DeviceDescription Description { get; } =
        new("cuda", 0, "Emulator", "PTX, lane by lane", 1 << 30, 1 << 30, ["sm_80", "dp4a", ProductForms.TensorFeature]);

    public string SourceHeader => "";

    public nint Allocate(long byteLength) => (nint)_memory.Allocate(byteLength);

    public void Release(nint memory) => _memory.Release((ulong)memory);

    public void Upload(ReadOnlySpan<byte> source, nint memory, long offset) => source.CopyTo(_memory.At((ulong)(memory + offset), source.Length));

    public void Download(nint memory, long offset, Span<byte> destination) => _memory.At((ulong)(memory + offset), destination.Length).CopyTo(destination);

    public void Copy(nint source, long sourceOffset, nint destination, long destinationOffset, long byteLength) =>
        _memory.At((ulong)(source + sourceOffset), (int)byteLength).CopyTo(_memory.At((ulong)(destination + destinationOffset), (int)byteLength));

    // What NVRTC makes of the source, or, without it, what it made of it before.
    public nint Build(string name, string source)
    {
        _modules.Add(_read.GetOrAdd((name, source), static program => new PtxModule(
            NvrtcCompiler.Version is null
                ? EmbeddedPtx.Of(program.Name) ?? throw new PtxException($"no PTX of {program.Name} is embedded")
                : Encoding.UTF8.GetString(NvrtcCompiler.Compile(program.Name, program.Source, EmbeddedPtx.Architecture)).TrimEnd('\0'))));
        return _modules.Count;
    }

    public nint Kernel(nint program, string name)
    {
        _kernels.Add(_modules[(int)program - 1].Kernels[name]);
        return _kernels.Count;
    }

    public void Launch(nint kernel, LaunchSize size, ReadOnlySpan<GpuArgument> arguments)
    {
        PtxKernel run = _kernels[(int)kernel - 1];
        ulong[] values = new ulong[arguments.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if ((run.Parameters[i] == 8) != arguments[i].IsMemory)
            {
                throw new PtxException($"{run.Name}: parameter {i} has {run.Parameters[i]} bytes");
            }

            values[i] = arguments[i].IsMemory ? (ulong)arguments[i].Memory : (uint)arguments[i].Value;
        }

        if (values.Length != run.Parameters.Count)
        {
            throw new PtxException($"{run.Name} has {run.Parameters.Count} parameters, not {values.Length}");
        }

        IEnumerable<(int X, int Y)> places = from y in Enumerable.Range(0, size.GroupsY) from x in Enumerable.Range(0, size.GroupsX) select (x, y);
        foreach ((int X, int Y) place in _backwards ? places.Reverse() : places)
        {
            new PtxGroup(run, _memory, values, size, place).Run(_backwards);
        }
    }

    public void Finish()
    {
    }

    public void Dispose()
    {
    }
}

using System.Text;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>One CUDA device. Everything goes to its default stream, which runs in order.</summary>
internal sealed unsafe class CudaDriver : IGpuDriver
{
    // What a kernel may have without asking.
    private const int PlainSharedBytes = 48 * 1024;

    private readonly CudaContext _context;
    private readonly int _capability;
    private readonly List<nint> _modules = [];
    private readonly Dictionary<nint, int> _sharedBytes = [];

    /// <summary>Opens a device.</summary>
    /// <param name="device">CUDA's handle.</param>
    /// <param name="index">0-based position among the devices that can be opened.</param>
    /// <exception cref="GpuDriverException">It cannot be opened.</exception>
    public CudaDriver(int device, int index)
    {
        CudaDeviceInfo info = new(device);
        _capability = info.Capability;
        Description = new DeviceDescription("cuda", index, info.Name, CudaDeviceInfo.Driver, info.MemoryBytes, info.MemoryBytes, info.Features);
        _context = new CudaContext(device);
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <inheritdoc/>
    public string SourceHeader => "";

    /// <inheritdoc/>
    public nint Allocate(long byteLength)
    {
        using CudaContext.Scope scope = _context.Enter();
        nint memory;
        CudaError.Check(CudaApi.cuMemAlloc(&memory, (nuint)byteLength), "reserving memory");
        return memory;
    }

    // CUDA waits for the kernels that may use it.
    /// <inheritdoc/>
    public void Release(nint memory)
    {
        using CudaContext.Scope scope = _context.Enter();
        CudaError.Check(CudaApi.cuMemFree(memory), "releasing memory");
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<byte> source, nint memory, long offset)
    {
        using CudaContext.Scope scope = _context.Enter();
        fixed (byte* pinned = source)
        {
            CudaError.Check(CudaApi.cuMemcpyHtoD(memory + (nint)offset, pinned, (nuint)source.Length), "copying to the device");
        }
    }

    /// <inheritdoc/>
    public void Download(nint memory, long offset, Span<byte> destination)
    {
        using CudaContext.Scope scope = _context.Enter();
        fixed (byte* pinned = destination)
        {
            CudaError.Check(CudaApi.cuMemcpyDtoH(pinned, memory + (nint)offset, (nuint)destination.Length), "copying from the device");
        }
    }

    /// <inheritdoc/>
    public void Copy(nint source, long sourceOffset, nint destination, long destinationOffset, long byteLength)
    {
        using CudaContext.Scope scope = _context.Enter();
        CudaError.Check(CudaApi.cuMemcpyDtoDAsync(destination + (nint)destinationOffset, source + (nint)sourceOffset, (nuint)byteLength, 0), "copying on the device");
    }

    /// <inheritdoc/>
    public nint Build(string name, string source)
    {
        const int LogBytes = 8192;
        byte[] image = Compile(name, source);
        byte* log = stackalloc byte[LogBytes];
        log[0] = 0;
        int* options = stackalloc int[] { CudaApi.JitErrorLog, CudaApi.JitErrorLogBytes };
        void** values = stackalloc void*[] { log, (void*)LogBytes };
        nint module;
        using CudaContext.Scope scope = _context.Enter();
        fixed (byte* pinned = image)
        {
            int error = CudaApi.cuModuleLoadDataEx(&module, pinned, 2, options, values);
            if (error != 0)
            {
                string text = Encoding.UTF8.GetString(log, LogBytes).Split('\0')[0].Trim();
                throw new DeviceBuildException(Description, name, text.Length > 0 ? text : CudaError.InWords(error));
            }
        }

        _modules.Add(module);
        return module;
    }

    /// <inheritdoc/>
    public nint Kernel(nint program, string name)
    {
        using CudaContext.Scope scope = _context.Enter();
        nint function;
        CudaError.Check(CudaApi.cuModuleGetFunction(&function, program, name), $"finding the kernel {name}");
        return function;
    }

    /// <inheritdoc/>
    public void Launch(nint kernel, LaunchSize size, ReadOnlySpan<GpuArgument> arguments)
    {
        using CudaContext.Scope scope = _context.Enter();
        if (size.SharedBytes > PlainSharedBytes && _sharedBytes.GetValueOrDefault(kernel) < size.SharedBytes)
        {
            CudaError.Check(CudaApi.cuFuncSetAttribute(kernel, CudaApi.MaxDynamicSharedBytes, size.SharedBytes), "asking for shared memory");
            _sharedBytes[kernel] = size.SharedBytes;
        }

        // CUDA reads as many bytes of each as its parameter has: 8 of an address, 4 of an integer.
        long* values = stackalloc long[arguments.Length];
        void** parameters = stackalloc void*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].IsMemory ? arguments[i].Memory : arguments[i].Value;
            parameters[i] = values + i;
        }

        CudaError.Check(
            CudaApi.cuLaunchKernel(kernel, (uint)size.GroupsX, (uint)size.GroupsY, 1, (uint)size.ItemsX, (uint)size.ItemsY, 1, (uint)size.SharedBytes, 0, parameters, null), "launching a kernel");
    }

    /// <inheritdoc/>
    public void Finish()
    {
        using CudaContext.Scope scope = _context.Enter();
        CudaError.Check(CudaApi.cuCtxSynchronize(), "waiting for the device");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What a failing driver answers here changes nothing any more.
        if (_modules.Count > 0)
        {
            using CudaContext.Scope scope = _context.Enter();
            _modules.ForEach(static module => _ = CudaApi.cuModuleUnload(module));
        }

        _context.Dispose();
    }

    private byte[] Compile(string name, string source)
    {
        if (NvrtcCompiler.Version is null)
        {
            string ptx = EmbeddedPtx.Of(name)
                ?? throw new DeviceBuildException(Description, name, $"there is no NVRTC (tried {string.Join(", ", GpuLibraries.NamesOf(GpuLibraries.Nvrtc))}), and no PTX of it is embedded");
            return Encoding.UTF8.GetBytes($"{ptx}\0");
        }

        try
        {
            return NvrtcCompiler.Compile(name, source, NvrtcCompiler.Architecture(_capability)!);
        }
        catch (NvrtcException failed)
        {
            throw new DeviceBuildException(Description, name, failed.Message);
        }
    }
}

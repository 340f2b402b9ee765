using System.Text;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu.OpenCL;

/// <summary>One OpenCL device: a context and a queue that runs in order.</summary>
internal sealed unsafe class OpenCLDriver : IGpuDriver
{
    private readonly nint _device;
    private readonly nint _context;
    private readonly nint _queue;
    private readonly string _options;
    private readonly HashSet<nint> _memory = [];
    private readonly List<nint> _programs = [];
    private readonly List<nint> _kernels = [];
    private bool _isDisposed;

    /// <summary>Opens a device.</summary>
    /// <param name="device">OpenCL's handle.</param>
    /// <param name="index">0-based position among the devices that can be opened.</param>
    /// <exception cref="GpuDriverException">It cannot be opened.</exception>
    public OpenCLDriver(nint device, int index)
    {
        OpenCLDeviceInfo info = new(device);
        _device = device;
        Description = new DeviceDescription("opencl", index, info.Name, info.Driver, info.MemoryBytes, info.LargestBufferBytes, info.Features);
        _options = info.DividesCorrectly ? "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt" : "-cl-std=CL1.2";
        SourceHeader = $"{(info.DividesCorrectly ? "" : "#define DIVIDE_IN_BINARY64\n")}{(info.TakesLongSteps ? "#define LONG_STEPS\n" : "")}";
        int error;
        _context = OpenCLApi.clCreateContext(null, 1, &device, 0, 0, &error);
        OpenCLError.Check(error, "opening the device");
        _queue = OpenCLApi.clCreateCommandQueue(_context, device, 0, &error);
        if (error != 0)
        {
            _ = OpenCLApi.clReleaseContext(_context);
            OpenCLError.Check(error, "opening a queue");
        }
    }

    /// <inheritdoc/>
    public DeviceDescription Description { get; }

    /// <inheritdoc/>
    public string SourceHeader { get; }

    /// <inheritdoc/>
    public nint Allocate(long byteLength)
    {
        int error;
        nint memory = OpenCLApi.clCreateBuffer(_context, OpenCLApi.ReadWriteMemory, (nuint)byteLength, null, &error);
        OpenCLError.Check(error, "reserving memory");
        _memory.Add(memory);
        return memory;
    }

    // OpenCL keeps memory until the commands that use it have run.
    /// <inheritdoc/>
    public void Release(nint memory)
    {
        _memory.Remove(memory);
        OpenCLError.Check(OpenCLApi.clReleaseMemObject(memory), "releasing memory");
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<byte> source, nint memory, long offset)
    {
        fixed (byte* pinned = source)
        {
            OpenCLError.Check(OpenCLApi.clEnqueueWriteBuffer(_queue, memory, OpenCLApi.Blocking, (nuint)offset, (nuint)source.Length, pinned, 0, null, null), "copying to the device");
        }
    }

    /// <inheritdoc/>
    public void Download(nint memory, long offset, Span<byte> destination)
    {
        fixed (byte* pinned = destination)
        {
            OpenCLError.Check(OpenCLApi.clEnqueueReadBuffer(_queue, memory, OpenCLApi.Blocking, (nuint)offset, (nuint)destination.Length, pinned, 0, null, null), "copying from the device");
        }
    }

    /// <inheritdoc/>
    public void Copy(nint source, long sourceOffset, nint destination, long destinationOffset, long byteLength) => OpenCLError.Check(
        OpenCLApi.clEnqueueCopyBuffer(_queue, source, destination, (nuint)sourceOffset, (nuint)destinationOffset, (nuint)byteLength, 0, null, null), "copying on the device");

    /// <inheritdoc/>
    public nint Build(string name, string source)
    {
        byte[] text = Encoding.UTF8.GetBytes(source);
        nint program;
        int error;
        fixed (byte* pinned = text)
        {
            byte* first = pinned;
            nuint length = (nuint)text.Length;
            program = OpenCLApi.clCreateProgramWithSource(_context, 1, &first, &length, &error);
            OpenCLError.Check(error, $"reading {name}");
        }

        _programs.Add(program);
        nint device = _device;
        error = OpenCLApi.clBuildProgram(program, 1, &device, _options, 0, 0);
        if (error != 0)
        {
            string log = Log(program);
            throw new DeviceBuildException(Description, name, log.Length > 0 ? log : OpenCLError.InWords(error));
        }

        return program;
    }

    /// <inheritdoc/>
    public nint Kernel(nint program, string name)
    {
        int error;
        nint kernel = OpenCLApi.clCreateKernel(program, name, &error);
        OpenCLError.Check(error, $"finding the kernel {name}");
        _kernels.Add(kernel);
        return kernel;
    }

    /// <inheritdoc/>
    public void Launch(nint kernel, LaunchSize size, ReadOnlySpan<GpuArgument> arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            nint memory = arguments[i].Memory;
            int value = arguments[i].Value;
            int error = arguments[i].IsMemory
                ? OpenCLApi.clSetKernelArg(kernel, (uint)i, (nuint)sizeof(nint), &memory)
                : OpenCLApi.clSetKernelArg(kernel, (uint)i, sizeof(int), &value);
            OpenCLError.Check(error, $"setting argument {i} of a kernel");
        }

        nuint* items = stackalloc nuint[] { (nuint)size.GroupsX * (nuint)size.ItemsX, (nuint)size.GroupsY * (nuint)size.ItemsY };
        nuint* itemsOfGroup = stackalloc nuint[] { (nuint)size.ItemsX, (nuint)size.ItemsY };
        OpenCLError.Check(OpenCLApi.clEnqueueNDRangeKernel(_queue, kernel, 2, null, items, itemsOfGroup, 0, null, null), "launching a kernel");
    }

    /// <inheritdoc/>
    public void Finish() => OpenCLError.Check(OpenCLApi.clFinish(_queue), "waiting for the device");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;

        // What a failing driver answers here changes nothing any more.
        foreach (nint memory in _memory)
        {
            _ = OpenCLApi.clReleaseMemObject(memory);
        }

        _kernels.ForEach(static kernel => _ = OpenCLApi.clReleaseKernel(kernel));
        _programs.ForEach(static program => _ = OpenCLApi.clReleaseProgram(program));
        _ = OpenCLApi.clReleaseCommandQueue(_queue);
        _ = OpenCLApi.clReleaseContext(_context);
    }

    private string Log(nint program)
    {
        nuint length;
        if (OpenCLApi.clGetProgramBuildInfo(program, _device, OpenCLApi.BuildLog, 0, null, &length) != 0 || length == 0)
        {
            return "";
        }

        byte[] log = new byte[(int)length];
        fixed (byte* pinned = log)
        {
            return OpenCLApi.clGetProgramBuildInfo(program, _device, OpenCLApi.BuildLog, length, pinned, null) == 0 ? Encoding.UTF8.GetString(log).TrimEnd('\0', '\n', ' ') : "";
        }
    }
}

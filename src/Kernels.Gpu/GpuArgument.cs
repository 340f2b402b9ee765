namespace OutlierQuant.Kernels.Gpu;

/// <summary>One argument of a kernel: memory, or a 32-bit integer.</summary>
internal readonly record struct GpuArgument
{
    private GpuArgument(nint memory, int value, bool isMemory) => (Memory, Value, IsMemory) = (memory, value, isMemory);

    public nint Memory { get; }

    public int Value { get; }

    public bool IsMemory { get; }

    public static implicit operator GpuArgument(int value) => new(0, value, isMemory: false);

    public static implicit operator GpuArgument(GpuBuffer buffer) => new(buffer.Memory, 0, isMemory: true);
}

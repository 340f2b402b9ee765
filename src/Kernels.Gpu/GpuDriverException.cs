namespace OutlierQuant.Kernels.Gpu;

/// <summary>A driver refused a call.</summary>
/// <param name="action">What was asked: for example <c>launching a kernel</c>.</param>
/// <param name="code">Its code in words: for example <c>CL_OUT_OF_RESOURCES (-5)</c>.</param>
/// <param name="isOutOfMemory">Whether it lacks memory, and is otherwise well.</param>
internal sealed class GpuDriverException(string action, string code, bool isOutOfMemory) : Exception($"{action}: {code}")
{
    public string Action { get; } = action;

    public string Code { get; } = code;

    public bool IsOutOfMemory { get; } = isOutOfMemory;
}

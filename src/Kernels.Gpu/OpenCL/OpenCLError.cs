namespace OutlierQuant.Kernels.Gpu.OpenCL;

/// <summary>The error codes of OpenCL in words.</summary>
internal static class OpenCLError
{
    public const int DeviceNotFound = -1, BuildFailed = -11, PlatformNotFound = -1001;

    private static readonly Dictionary<int, string> _names = new()
    {
        [-1] = "CL_DEVICE_NOT_FOUND",
        [-2] = "CL_DEVICE_NOT_AVAILABLE",
        [-3] = "CL_COMPILER_NOT_AVAILABLE",
        [-4] = "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        [-5] = "CL_OUT_OF_RESOURCES",
        [-6] = "CL_OUT_OF_HOST_MEMORY",
        [-11] = "CL_BUILD_PROGRAM_FAILURE",
        [-14] = "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        [-30] = "CL_INVALID_VALUE",
        [-33] = "CL_INVALID_DEVICE",
        [-34] = "CL_INVALID_CONTEXT",
        [-36] = "CL_INVALID_COMMAND_QUEUE",
        [-38] = "CL_INVALID_MEM_OBJECT",
        [-43] = "CL_INVALID_BUILD_OPTIONS",
        [-44] = "CL_INVALID_PROGRAM",
        [-45] = "CL_INVALID_PROGRAM_EXECUTABLE",
        [-46] = "CL_INVALID_KERNEL_NAME",
        [-48] = "CL_INVALID_KERNEL",
        [-49] = "CL_INVALID_ARG_INDEX",
        [-50] = "CL_INVALID_ARG_VALUE",
        [-51] = "CL_INVALID_ARG_SIZE",
        [-52] = "CL_INVALID_KERNEL_ARGS",
        [-54] = "CL_INVALID_WORK_GROUP_SIZE",
        [-55] = "CL_INVALID_WORK_ITEM_SIZE",
        [-61] = "CL_INVALID_BUFFER_SIZE",
        [-63] = "CL_INVALID_GLOBAL_WORK_SIZE",
        [-1001] = "CL_PLATFORM_NOT_FOUND_KHR",
    };

    /// <summary>Says what a code means: for example <c>CL_OUT_OF_RESOURCES (-5)</c>.</summary>
    public static string InWords(int code) => _names.TryGetValue(code, out string? name) ? $"{name} ({code})" : $"OpenCL error {code}";

    /// <summary>Whether a call that reserves memory or runs a kernel failed for lack of memory only.</summary>
    public static bool IsOutOfMemory(int code) => code is -4 or -61;

    /// <summary>Throws unless a call succeeded.</summary>
    /// <param name="code">What it returned.</param>
    /// <param name="action">What it was to do.</param>
    public static void Check(int code, string action)
    {
        if (code != 0)
        {
            throw new GpuDriverException(action, InWords(code), IsOutOfMemory(code));
        }
    }
}

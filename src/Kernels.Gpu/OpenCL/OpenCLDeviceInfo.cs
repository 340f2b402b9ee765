using System.Text;

namespace OutlierQuant.Kernels.Gpu.OpenCL;

/// <summary>What a driver says about a device. All of it is asked before anything is used.</summary>
internal sealed unsafe class OpenCLDeviceInfo(nint device)
{
    public string Name => Text(OpenCLApi.DeviceName);

    /// <summary>Gets the version of OpenCL and of the driver.</summary>
    public string Driver => $"{Text(OpenCLApi.DeviceVersion)}, driver {Text(OpenCLApi.DriverVersion)}";

    public long MemoryBytes => (long)Number(OpenCLApi.DeviceGlobalMemory);

    public long LargestBufferBytes => (long)Number(OpenCLApi.DeviceMaxAllocation);

    /// <summary>Gets whether <c>-cl-fp32-correctly-rounded-divide-sqrt</c> may be asked for.</summary>
    public bool DividesCorrectly => Has(OpenCLApi.DeviceSingleFloat, OpenCLApi.FloatCorrectlyRoundedDivide);

    public bool HasBinary64 => Text(OpenCLApi.DeviceExtensions).Split(' ').Contains("cl_khr_fp64");

    /// <summary>Gets whether steps of columns may be long (68 KiB of operands): memory of a group is a cache as large as that, and nothing else that runs has to share it, as on a GPU.</summary>
    public bool TakesLongSteps => !Has(OpenCLApi.DeviceType, OpenCLApi.Gpu) && Number(OpenCLApi.DeviceLocalMemory) >= 128 * 1024;

    public IReadOnlyList<string> Features =>
        [.. new (string Name, bool Has)[] { ("gpu", Has(OpenCLApi.DeviceType, OpenCLApi.Gpu)), ("fp32-divide", DividesCorrectly), ("fp64", HasBinary64) }.Where(static feature => feature.Has).Select(static feature => feature.Name)];

    /// <summary>Says what a device lacks that our kernels need; null if nothing.</summary>
    public string? UnusableBecause()
    {
        const int LargestGroup = 256, LocalBytes = 18 * 1024;
        ulong group = Number(OpenCLApi.DeviceMaxWorkGroupSize), local = Number(OpenCLApi.DeviceLocalMemory);
        return Number(OpenCLApi.DeviceAvailable) == 0 ? "the device is not available (CL_DEVICE_AVAILABLE)"
            : Number(OpenCLApi.DeviceCompilerAvailable) == 0 ? "the driver has no compiler (CL_DEVICE_COMPILER_AVAILABLE)"
            : Number(OpenCLApi.DeviceEndianLittle) == 0 ? "the device is big-endian; weights are little-endian"
            : !Has(OpenCLApi.DeviceSingleFloat, OpenCLApi.FloatDenormals | OpenCLApi.FloatInfinityAndNaN | OpenCLApi.FloatRoundToNearest)
                ? "the device lacks subnormal numbers, infinity, NaN or rounding to nearest (CL_DEVICE_SINGLE_FP_CONFIG)"
            : !DividesCorrectly && !HasBinary64 ? "the device has neither a correctly rounded division nor binary64, so its codes would differ"
            : group < LargestGroup ? $"the device allows {group} items of a group; kernels need {LargestGroup}"
            : local < LocalBytes ? $"the device has {local} bytes of local memory; kernels need {LocalBytes}"
            : null;
    }

    private bool Has(uint what, ulong bits) => (Number(what) & bits) == bits;

    // The answers have 4 or 8 bytes, little-endian.
    private ulong Number(uint what)
    {
        ulong value = 0;
        nuint needed;
        OpenCLError.Check(OpenCLApi.clGetDeviceInfo(device, what, sizeof(ulong), &value, &needed), "asking for the device's properties");
        return value;
    }

    private string Text(uint what)
    {
        nuint length;
        OpenCLError.Check(OpenCLApi.clGetDeviceInfo(device, what, 0, null, &length), "asking for the device's properties");
        byte[] text = new byte[(int)length];
        fixed (byte* pinned = text)
        {
            OpenCLError.Check(OpenCLApi.clGetDeviceInfo(device, what, length, pinned, null), "asking for the device's properties");
        }

        return Encoding.UTF8.GetString(text).TrimEnd('\0', ' ');
    }
}

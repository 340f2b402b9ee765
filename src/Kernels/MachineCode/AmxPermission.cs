using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.MachineCode;

/// <summary>Asks the operating system, once, that this process may use the tile registers of AMX.</summary>
/// <remarks>Linux, <c>Documentation/arch/x86/xstate.rst</c>: <c>arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)</c> holds for all threads of the process.</remarks>
internal static class AmxPermission
{
    private const long RequestPermission = 0x1023, TileData = 18;

    private static readonly Lazy<string?> _refusal = new(Request);

    /// <summary>Gets why AMX cannot be used, or null once the permission is granted.</summary>
    public static string? RefusedBecause => _refusal.Value;

    private static string? Request()
    {
        if (!SystemCalls.IsLinuxX64)
        {
            return "AMX is used on Linux on x64 only";
        }

        ProcessorFeatures features = ProcessorFeatures.Current;
        if (!features.AmxTile || !features.AmxInt8 || !features.AmxBF16)
        {
            return "this CPU has no AMX (CPUID leaf 7)";
        }

        if (ExecutableMemory.UnavailableBecause is string noCode)
        {
            return noCode;
        }

        if (!features.SavesTiles)
        {
            return "the operating system does not save tile registers (XCR0)";
        }

        if (SystemCalls.Call(SystemCalls.ArchControl, RequestPermission, TileData) != 0)
        {
            return $"the kernel refused the permission to use AMX (arch_prctl: errno {Marshal.GetLastPInvokeError()})";
        }

        try
        {
            using AlternateSignalStack stack = new();
            return null;
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message;
        }
    }
}

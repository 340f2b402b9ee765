using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels.Tests.MachineCode;

/// <summary>Gives threads of the test runner what a team's own threads have.</summary>
internal static class TestThread
{
    [ThreadStatic]
    private static AlternateSignalStack? _stack;

    /// <summary>Lets the calling thread use tile registers, for the rest of its life: whatever it runs later has large signal frames as well.</summary>
    public static void AllowTiles() => _stack ??= AlternateSignalStack.IsInstalledHere ? null : new();
}

namespace OutlierQuant.Kernels.Gpu.Tests.Oclgrind;

/// <summary>What oclgrind, an OpenCL device that checks every access to memory, has written since some moment.</summary>
/// <remarks>The process must be started with <c>OCL_ICD_VENDORS</c> naming oclgrind's driver, <c>OCLGRIND_DATA_RACES=1</c> and <c>OCLGRIND_LOG</c>, as <c>.ci/run</c> does.</remarks>
internal static class OclgrindLog
{
    /// <summary>Gets why this process cannot ask oclgrind; null if it can.</summary>
    public static string? AbsentBecause { get; } =
        Environment.GetEnvironmentVariable("OCLGRIND_LOG") is null or "" ? "not a run under oclgrind (OCLGRIND_LOG is not set); .ci/run makes one where oclgrind is installed"
        : Environment.GetEnvironmentVariable("OCLGRIND_DATA_RACES") != "1" ? "oclgrind is not told to look for races (OCLGRIND_DATA_RACES=1)"
        : Kernels.Tests.TestedDevices.NoneBecause;

    /// <summary>Runs something on the device and returns the lines that oclgrind wrote about it.</summary>
    /// <remarks>Every context that is opened starts the file again, while older contexts go on where they were.</remarks>
    public static string[] Of(Action run)
    {
        string before = Text();
        run();
        string after = Text();
        string written = after == before ? "" : after.StartsWith(before, StringComparison.Ordinal) ? after[before.Length..] : after;
        return written.Split(['\n', '\0'], StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Text()
    {
        string path = Environment.GetEnvironmentVariable("OCLGRIND_LOG")!;
        if (!File.Exists(path))
        {
            return "";
        }

        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}

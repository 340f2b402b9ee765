using System.Diagnostics;
using OutlierQuant.Testing;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Ptx;

/// <summary>NVIDIA's assembler, where it is on the path.</summary>
internal static class PtxAssembler
{
    /// <summary>Gets why there is no assembler; null where there is one.</summary>
    public static string? MissingBecause { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "ptxas.exe" : "ptxas")))
            ? null
            : "ptxas is not on the path; CUDA's toolkit has it";

    /// <summary>Assembles a text.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="architecture">For which devices: for example <c>sm_90</c>.</param>
    /// <returns>What it found wrong; empty where nothing.</returns>
    public static string Errors(string ptx, string architecture)
    {
        using TemporaryDirectory folder = new();
        string source = folder.File("kernel.ptx");
        File.WriteAllText(source, ptx);
        ProcessStartInfo start = new("ptxas", ["-arch", architecture, source, "-o", folder.File("kernel.cubin")]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("ptxas did not start.");
        string output = process.StandardOutput.ReadToEnd(), errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : output + errors;
    }
}

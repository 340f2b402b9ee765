using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>NVIDIA's assembler, where it is on the path: it refuses instructions that an architecture lacks, and wrong operands.</summary>
internal static class PtxAssembler
{
    /// <summary>Fails unless ptxas accepts a text; passes where there is no ptxas.</summary>
    public static void Check(string ptx, string architecture)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, ptx);
            ProcessStartInfo start = new("ptxas", [$"--gpu-name={architecture}", "--warn-on-spills", "--output-file=/dev/null", file]) { RedirectStandardError = true };
            using Process? process = Started(start);
            if (process is null)
            {
                return;
            }

            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, said);

            // Registers that do not suffice would go through memory in the inner loop.
            Assert.DoesNotContain("spill", said, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Process? Started(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

using System.Text;
using OutlierQuant.Kernels.Gpu.Cuda;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>The compiler of CUDA C on this machine.</summary>
internal static class Nvrtc
{
    /// <summary>Gets why nothing can be compiled; null where it can.</summary>
    public static string? MissingBecause => NvrtcCompiler.Version is null ? $"no NVRTC: tried {string.Join(", ", GpuLibraries.NamesOf(GpuLibraries.Nvrtc))}" : null;

    /// <summary>Compiles a program to PTX.</summary>
    public static string Ptx(GpuProgram program, int capability) =>
        Encoding.UTF8.GetString(NvrtcCompiler.Compile(program.Name, KernelSource.Of(program, header: ""), $"compute_{capability}")).TrimEnd('\0');
}

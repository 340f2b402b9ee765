using System.Runtime.InteropServices;
using System.Text;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>Compiles CUDA C, where NVIDIA's library for that is installed. It needs no GPU.</summary>
internal static unsafe class NvrtcCompiler
{
    private static readonly (string? Version, int[] Architectures) _library = Load();

    /// <summary>Gets the library's name and version, for example <c>NVRTC 12.4</c>; null where there is none.</summary>
    public static string? Version => _library.Version;

    /// <summary>Finds what to compile for.</summary>
    /// <param name="capability">The device's compute capability times ten.</param>
    /// <returns>The device's own machine code, <c>sm_90</c>, where the library knows it; else the newest PTX that the device runs, <c>compute_86</c>; null if there is none.</returns>
    public static string? Architecture(int capability)
    {
        int newest = _library.Architectures.Where(architecture => architecture <= capability).DefaultIfEmpty().Max();
        return newest == 0 ? null : newest == capability ? $"sm_{capability}" : $"compute_{newest}";
    }

    /// <summary>Compiles a source.</summary>
    /// <param name="name">What the log calls it.</param>
    /// <param name="source">The text.</param>
    /// <param name="architecture">What for: <c>sm_90</c> gives machine code, <c>compute_80</c> gives PTX, which ends with a 0.</param>
    /// <exception cref="NvrtcException">It does not compile.</exception>
    public static byte[] Compile(string name, string source, string architecture)
    {
        nint program = 0;
        Check(NvrtcApi.nvrtcCreateProgram(&program, source, name, 0, null, null));
        try
        {
            // Without fusing of its own accord, so that all kernels round alike: where they fuse, they say so.
            int error = CompileWith(program, [$"--gpu-architecture={architecture}", "--std=c++17", "--fmad=false"]);
            if (error != 0)
            {
                string log = Log(program);
                throw new NvrtcException(log.Length > 0 ? log : InWords(error));
            }

            nuint length;
            bool toPtx = architecture.StartsWith("compute_", StringComparison.Ordinal);
            Check(toPtx ? NvrtcApi.nvrtcGetPTXSize(program, &length) : NvrtcApi.nvrtcGetCUBINSize(program, &length));
            byte[] image = new byte[(int)length];
            fixed (byte* pinned = image)
            {
                Check(toPtx ? NvrtcApi.nvrtcGetPTX(program, pinned) : NvrtcApi.nvrtcGetCUBIN(program, pinned));
            }

            return image;
        }
        finally
        {
            _ = NvrtcApi.nvrtcDestroyProgram(&program);
        }
    }

    private static (string? Version, int[] Architectures) Load()
    {
        if (!GpuLibraries.TryLoad(GpuLibraries.NamesOf(GpuLibraries.Nvrtc), out _))
        {
            return (null, []);
        }

        int major, minor, count;
        Check(NvrtcApi.nvrtcVersion(&major, &minor));
        Check(NvrtcApi.nvrtcGetNumSupportedArchs(&count));
        int[] architectures = new int[count];
        fixed (int* pinned = architectures)
        {
            Check(NvrtcApi.nvrtcGetSupportedArchs(pinned));
        }

        return ($"NVRTC {major}.{minor}", architectures);
    }

    private static int CompileWith(nint program, string[] options)
    {
        nint[] texts = [.. options.Select(Marshal.StringToCoTaskMemUTF8)];
        try
        {
            fixed (nint* pinned = texts)
            {
                return NvrtcApi.nvrtcCompileProgram(program, texts.Length, (byte**)pinned);
            }
        }
        finally
        {
            Array.ForEach(texts, Marshal.FreeCoTaskMem);
        }
    }

    private static string Log(nint program)
    {
        nuint length;
        Check(NvrtcApi.nvrtcGetProgramLogSize(program, &length));
        byte[] log = new byte[(int)length];
        fixed (byte* pinned = log)
        {
            Check(NvrtcApi.nvrtcGetProgramLog(program, pinned));
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n', ' ');
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new NvrtcException(InWords(error));
        }
    }

    private static string InWords(int error) => $"{Marshal.PtrToStringUTF8((nint)NvrtcApi.nvrtcGetErrorString(error))} ({error})";
}

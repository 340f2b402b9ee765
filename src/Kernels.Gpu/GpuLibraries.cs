using System.Reflection;
using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>Finds the libraries of drivers. Their names differ by system, and the plain one comes with development packages only.</summary>
internal static class GpuLibraries
{
    public const string OpenCL = "OpenCL";
    public const string Cuda = "cuda";
    public const string Nvrtc = "nvrtc";

    private static readonly Dictionary<string, string[]> _names = new()
    {
        [OpenCL] = ["libOpenCL.so.1", "libOpenCL.so", "OpenCL.dll"],
        [Cuda] = ["libcuda.so.1", "nvcuda.dll"],
        [Nvrtc] = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so", "nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"],
    };

    /// <summary>Gets the names that a library may have, in the order in which they are tried.</summary>
    public static IReadOnlyList<string> NamesOf(string library) => _names[library];

    /// <summary>Tells the runtime how to find them. Once for the assembly, because it takes only one resolver.</summary>
    public static void Register() => _ = Registration.Done;

    /// <summary>Loads the first library of some names that there is.</summary>
    public static bool TryLoad(IEnumerable<string> names, out nint handle)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out handle))
            {
                return true;
            }
        }

        handle = 0;
        return false;
    }

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? path) =>
        _names.TryGetValue(library, out string[]? names) && TryLoad(names, out nint handle) ? handle : 0;

    private static class Registration
    {
        static Registration()
        {
            NativeLibrary.SetDllImportResolver(typeof(GpuLibraries).Assembly, Resolve);
            Done = true;
        }

        public static bool Done { get; }
    }
}

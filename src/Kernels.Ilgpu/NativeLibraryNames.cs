using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>Finds the drivers' libraries under the names that Linux gives them: without development packages there is no <c>libOpenCL.so</c>, only <c>libOpenCL.so.1</c>.</summary>
internal static class NativeLibraryNames
{
    private static readonly Dictionary<string, string> Versioned = new() { ["cuda"] = "libcuda.so.1", ["OpenCL"] = "libOpenCL.so.1" };

    private static readonly Lazy<bool> Installed = new(static () =>
    {
        NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
        return true;
    });

    /// <summary>Gets the names that were looked for, for errors.</summary>
    public static IEnumerable<string> Looked => OperatingSystem.IsLinux() ? Versioned.Values : Versioned.Keys;

    /// <summary>Lets ILGPU find the libraries. Needed once, before the first context; more often does no harm.</summary>
    public static void Install() => _ = Installed.Value;

    /// <summary>Loads a library that ILGPU asks for; zero lets the runtime look for it under the name asked.</summary>
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        OperatingSystem.IsLinux() && Versioned.TryGetValue(name, out string? versioned) && NativeLibrary.TryLoad(versioned, assembly, path, out nint library) ? library : 0;
}

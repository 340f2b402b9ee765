using System.Reflection;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>The text of device programs: a driver's header, the settings, what all kernels share, then the program's own file.</summary>
internal static class KernelSource
{
    // Every program has these in front, so that no compiler needs to find files.
    private static readonly string[] Shared = ["language.cl", "lanes.cl", "tiles.cl"];

    private static readonly string[] OverCodes = ["code_product.cl", "float_code_product.cl", "code_tensor.cu"];

    /// <summary>Puts the text of a program together.</summary>
    public static string Of(GpuProgram program, string header)
    {
        IEnumerable<string> files = [.. Shared, .. OverCodes.Contains(program.File) ? ["codes.cl"] : Array.Empty<string>(), program.File];
        return string.Concat(header, program.Settings, "\n", string.Concat(files.Select(Text)));
    }

    private static string Text(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new ArgumentException($"There is no device source {file}.", nameof(file));
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}

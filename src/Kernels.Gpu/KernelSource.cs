using System.Reflection;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>The text of device programs: a driver's header, the settings, what all kernels share, then the program's own file.</summary>
internal static class KernelSource
{
    // Every program has these in front, so that no compiler needs to find files.
    private static readonly string[] Shared = ["language.cl", "lanes.cl", "tiles.cl"];

    private static readonly string[] OverCodes = ["code_product.cl", "float_code_product.cl", "code_tensor.cu"];

    private static readonly string[] OverFloats = ["float_product.cl", "look_up.cl"];

    /// <summary>Puts the text of a program together.</summary>
    public static string Of(GpuProgram program, string header)
    {
        string[] weights = OverCodes.Contains(program.File) ? ["codes.cl"] : OverFloats.Contains(program.File) ? ["elements.cl"] : [];
        IEnumerable<string> files = [.. Shared, .. weights, program.File];
        return string.Concat(header, program.Settings, "\n", string.Concat(files.Select(Text)));
    }

    /// <summary>The setting that names the type of float weights.</summary>
    public static string Element(FloatType type) => $"#define ELEMENT {type switch { FloatType.F32 => 32, FloatType.F16 => 16, _ => 8 }}\n";

    private static string Text(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new ArgumentException($"There is no device source {file}.", nameof(file));
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}

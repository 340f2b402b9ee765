using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The kernels as PTX, for machines without NVRTC: their driver compiles it for the device that they have. tools/OutlierQuant.KernelPtx makes it.</summary>
/// <remarks>A Brotli stream of text: the hash of the sources, then each program behind a line with its name.</remarks>
internal static class EmbeddedPtx
{
    /// <summary>What the PTX needs at least.</summary>
    public const string Architecture = "compute_80";

    private const string Resource = "kernels.ptx.br", NameLine = "\n// program ";

    private static readonly Lazy<Dictionary<string, string>> _sections = new(Read);

    /// <summary>Gets every program that the embedded PTX has.</summary>
    public static IEnumerable<GpuProgram> Programs => [.. GpuProducts.Programs, .. GpuParts.Programs, .. TensorTiles.Programs];

    /// <summary>Gets the hash of the sources that the embedded PTX was made of.</summary>
    public static string SourceHash => Of("") ?? "";

    /// <summary>Computes the hash of the sources of this assembly.</summary>
    public static string CurrentSourceHash()
    {
        string sources = string.Concat(Programs.Select(static program => $"{program.Name}\n{KernelSource.Of(program, header: "")}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Architecture}\n{sources}")));
    }

    /// <summary>Gives the PTX of a program; null if it is not embedded.</summary>
    /// <param name="program"><see cref="GpuProgram.Name"/>.</param>
    public static string? Of(string program) => _sections.Value.GetValueOrDefault(program);

    /// <summary>Compiles all programs and writes the stream.</summary>
    /// <param name="destination">Receives it.</param>
    /// <exception cref="NvrtcException">A source does not compile.</exception>
    public static void Write(Stream destination)
    {
        StringBuilder text = new(CurrentSourceHash());
        foreach (GpuProgram program in Programs)
        {
            byte[] ptx = NvrtcCompiler.Compile(program.Name, KernelSource.Of(program, header: ""), Architecture);
            text.Append(NameLine).Append(program.Name).Append('\n').Append(Encoding.UTF8.GetString(ptx).TrimEnd('\0'));
        }

        using BrotliStream stream = new(destination, new BrotliCompressionOptions { Quality = 11 }, leaveOpen: true);
        stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    // What stands before the first name is the section without one.
    private static Dictionary<string, string> Read()
    {
        using Stream? resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource);
        if (resource is null)
        {
            return [];
        }

        using StreamReader reader = new(new BrotliStream(resource, CompressionMode.Decompress));
        string[] sections = reader.ReadToEnd().Split(NameLine);
        return sections.Skip(1).Select(static section => section.Split('\n', 2)).ToDictionary(static section => section[0], static section => section[1])
            .Append(new("", sections[0])).ToDictionary();
    }
}

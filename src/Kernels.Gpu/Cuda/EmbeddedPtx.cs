using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>The kernels as PTX, for machines without NVRTC: their driver compiles it for the device that they have. tools/OutlierQuant.KernelPtx makes it.</summary>
internal static class EmbeddedPtx
{
    /// <summary>What the PTX needs at least.</summary>
    public const string Architecture = "compute_80";

    private const string Resource = "kernels.zip", HashEntry = "sources.sha256";

    // Entries have a date; it must not depend on the day.
    private static readonly DateTimeOffset _date = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Gets every program that the embedded PTX has.</summary>
    public static IEnumerable<GpuProgram> Programs => [.. GpuProducts.Programs, .. TensorTiles.Programs];

    /// <summary>Gets the hash of the sources that the embedded PTX was made of.</summary>
    public static string SourceHash => Read(HashEntry) ?? "";

    /// <summary>Computes the hash of the sources of this assembly.</summary>
    public static string CurrentSourceHash()
    {
        string sources = string.Concat(Programs.Select(static program => $"{program.Name}\n{KernelSource.Of(program, header: "")}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Architecture}\n{sources}")));
    }

    /// <summary>Gives the PTX of a program; null if it is not embedded.</summary>
    /// <param name="program"><see cref="GpuProgram.Name"/>.</param>
    public static string? Of(string program) => Read(Entry(program));

    /// <summary>Compiles all programs and writes the archive.</summary>
    /// <param name="destination">Receives it.</param>
    /// <exception cref="NvrtcException">A source does not compile.</exception>
    public static void Write(Stream destination)
    {
        using ZipArchive archive = new(destination, ZipArchiveMode.Create, leaveOpen: true);
        Write(archive, HashEntry, CurrentSourceHash());
        foreach (GpuProgram program in Programs)
        {
            byte[] ptx = NvrtcCompiler.Compile(program.Name, KernelSource.Of(program, header: ""), Architecture);
            Write(archive, Entry(program.Name), Encoding.UTF8.GetString(ptx).TrimEnd('\0'));
        }
    }

    private static string Entry(string program) => $"{program}.ptx";

    private static void Write(ZipArchive archive, string name, string text)
    {
        ZipArchiveEntry entry = archive.CreateEntry(name, CompressionLevel.SmallestSize);
        entry.LastWriteTime = _date;
        using Stream stream = entry.Open();
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private static string? Read(string name)
    {
        using Stream? resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource);
        if (resource is null)
        {
            return null;
        }

        using ZipArchive archive = new(resource);
        if (archive.GetEntry(name) is not ZipArchiveEntry entry)
        {
            return null;
        }

        using StreamReader reader = new(entry.Open());
        return reader.ReadToEnd();
    }
}

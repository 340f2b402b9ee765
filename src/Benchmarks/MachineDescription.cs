using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace OutlierQuant.Benchmarks;

/// <summary>The machine and the versions that results belong to.</summary>
public sealed record MachineDescription
{
    private const string CpuInfo = "/proc/cpuinfo";
    private const string CacheDirectory = "/sys/devices/system/cpu/cpu0/cache";

    // What a machine is taken to have that does not tell.
    private const long AssumedCacheBytes = 64L << 20;

    /// <summary>Gets the processor's name, family and model.</summary>
    public required string Processor { get; init; }

    /// <summary>Gets the number of logical processors.</summary>
    public required int LogicalProcessors { get; init; }

    /// <summary>Gets the bytes of the largest cache of a core; 64 MiB where the system does not tell.</summary>
    public required long LastLevelCacheBytes { get; init; }

    /// <summary>Gets the bytes of memory that this process may use.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Gets the operating system.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Gets the .NET runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>Gets the version of OutlierQuant, with its commit.</summary>
    public required string Version { get; init; }

    /// <summary>Describes the machine that this process runs on.</summary>
    public static MachineDescription OfThisMachine() => new()
    {
        Processor = $"{Cpu("model name") ?? RuntimeInformation.ProcessArchitecture.ToString()} {Family()}".TrimEnd(),
        LogicalProcessors = Environment.ProcessorCount,
        LastLevelCacheBytes = LargestCache(),
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        OperatingSystem = RuntimeInformation.OSDescription,
        Runtime = RuntimeInformation.FrameworkDescription,
        Version = typeof(MachineDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
    };

    private static string Family() => Cpu("cpu family") is string family ? $"family {family} model {Cpu("model")}" : "";

    private static string? Cpu(string key) => !File.Exists(CpuInfo) ? null
        : File.ReadLines(CpuInfo).Select(line => line.Split(':', 2)).FirstOrDefault(parts => parts[0].Trim() == key)?[1].Trim();

    private static long LargestCache()
    {
        IEnumerable<string> sizes = Directory.Exists(CacheDirectory)
            ? Directory.GetDirectories(CacheDirectory, "index*").Select(index => Path.Combine(index, "size")).Where(File.Exists).Select(File.ReadAllText)
            : [];
        return sizes.Select(ParseCacheSize).DefaultIfEmpty(AssumedCacheBytes).Max();
    }

    /// <summary>Reads a size as Linux writes it: <c>512K</c>, <c>32M</c>, or bytes.</summary>
    internal static long ParseCacheSize(string text)
    {
        string size = text.Trim();
        int shift = size.EndsWith('K') ? 10 : size.EndsWith('M') ? 20 : size.EndsWith('G') ? 30 : 0;
        return long.TryParse(size.TrimEnd('K', 'M', 'G'), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number << shift : AssumedCacheBytes;
    }
}

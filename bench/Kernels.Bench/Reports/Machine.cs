using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Names the machine and the versions that results belong to.</summary>
internal static class Machine
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>Gets a directory name for results: the processor's name, family and model, with dots.</summary>
    public static string DirectoryName
    {
        get
        {
            string name = $"{Cpu("model name") ?? RuntimeInformation.ProcessArchitecture.ToString()} {Family()}";
            return string.Join('.', name.Split([' ', '/', '\\', '(', ')', '@', '-'], StringSplitOptions.RemoveEmptyEntries));
        }
    }

    public static string Describe()
    {
        string version = typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        return string.Create(CultureInfo.InvariantCulture, $"""
            Processor: {Cpu("model name") ?? "unknown"} {Family()}, {Environment.ProcessorCount} logical processors
            Kernels: {KernelSuite.Fastest.Description}
            Operating system: {RuntimeInformation.OSDescription}
            Runtime: {RuntimeInformation.FrameworkDescription}
            OutlierQuant: {version}

            """);
    }

    private static string Family() => Cpu("cpu family") is string family ? $"family {family} model {Cpu("model")}" : "";

    private static string? Cpu(string key) => !File.Exists(CpuInfo) ? null
        : File.ReadLines(CpuInfo).Select(line => line.Split(':', 2)).FirstOrDefault(parts => parts[0].Trim() == key)?[1].Trim();
}

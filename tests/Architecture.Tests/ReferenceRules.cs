namespace OutlierQuant.Architecture.Tests;

/// <summary>Which project may reference which: arrows point one way.</summary>
internal static class ReferenceRules
{
    private static readonly string[] Devices = ["src/Kernels.Gpu", "src/Kernels.Ilgpu"];

    // Carries tests to machines without .NET, so it needs them and xunit.
    private const string DeviceFolder = "tools/OutlierQuant.DeviceFolder";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["src/Kernels"] = [],
        ["src/Kernels.Gpu"] = ["src/Kernels"],
        ["src/Kernels.Ilgpu"] = ["src/Kernels"],
        ["src/Benchmarks"] = ["src/Kernels"],
        ["src/Checkpoints"] = [],
        ["src/Models"] = ["src/Kernels", "src/Checkpoints"],
        ["src/Training"] = ["src/Models"],
        ["src/Calibration"] = ["src/Models"],
        ["src/Quantizers"] = ["src/Calibration"],
        ["src/Eval"] = ["src/Quantizers"],
        ["tests/Testing"] = ["src/Checkpoints", "src/Kernels"],
        ["tests/Architecture.Tests"] = ["tests/Testing"],
        ["tools/OutlierQuant.RandomCheckpoint"] = ["src/Checkpoints"],
        ["tools/OutlierQuant.KernelPtx"] = ["src/Kernels.Gpu"],
        [DeviceFolder] = ["tools/OutlierQuant.Cli", "tests/Kernels.Gpu.Tests"],
        ["tests/RandomCheckpoint.Tests"] = ["tools/OutlierQuant.RandomCheckpoint", "src/Models", "tests/Testing"],
        ["tests/Cli.Tests"] = ["tools/OutlierQuant.Cli", "tests/Testing"],
    };

    /// <summary>Returns one line for each reference that is not allowed.</summary>
    public static IEnumerable<string> Violations(IEnumerable<Project> projects) =>
        from project in projects
        from reference in project.References
        where !IsAllowed(project.Directory, reference)
        select $"{project.Directory} must not reference {reference}";

    /// <summary>Returns one line for each package that a project of the default build must not need.</summary>
    public static IEnumerable<string> PackageViolations(IEnumerable<Project> projects) =>
        from project in projects
        from package in project.Packages
        where (package.StartsWith("ILGPU", StringComparison.Ordinal) && project.Directory != "src/Kernels.Ilgpu")
            || (package.StartsWith("TorchSharp", StringComparison.Ordinal) && project.Directory.StartsWith("src/", StringComparison.Ordinal))
            || ((package.StartsWith("xunit", StringComparison.Ordinal) || package.StartsWith("BenchmarkDotNet", StringComparison.Ordinal)) && IsShipped(project.Directory))
        select $"{project.Directory} must not reference the package {package}";

    private static bool IsAllowed(string project, string reference)
    {
        if (Allowed.TryGetValue(project, out string[]? references))
        {
            return references.Contains(reference);
        }

        // The command line is the one place that chooses backends; a bench measures whatever it wants.
        if (project == "tools/OutlierQuant.Cli" || project.StartsWith("bench/", StringComparison.Ordinal))
        {
            return reference.StartsWith("src/", StringComparison.Ordinal);
        }

        // tests/X.Tests tests src/X, and may use a device to test against.
        return project.StartsWith("tests/", StringComparison.Ordinal) && project.EndsWith(".Tests", StringComparison.Ordinal)
            && (reference == "tests/Testing" || Devices.Contains(reference) || reference == $"src/{project["tests/".Length..^".Tests".Length]}");
    }

    private static bool IsShipped(string project) =>
        project.StartsWith("src/", StringComparison.Ordinal) || (project.StartsWith("tools/", StringComparison.Ordinal) && project != DeviceFolder);
}

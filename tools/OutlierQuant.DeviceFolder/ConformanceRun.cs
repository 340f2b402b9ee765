using System.Reflection;
using Xunit.Sdk;

namespace OutlierQuant.DeviceFolder;

/// <summary>Runs the tests of an assembly in this process, because a machine without .NET has no test runner.</summary>
internal static class ConformanceRun
{
    /// <summary>Runs every test.</summary>
    /// <returns>Whether all passed, and there were some.</returns>
    public static bool Run(Assembly tests)
    {
        using TestCounter counter = new();
        using NoSources sources = new();
        using XunitTestFrameworkExecutor executor = new(tests.GetName(), sources, counter);
        executor.RunAll(counter, new TestOptions(), new TestOptions());
        counter.Finished.WaitOne();
        Console.WriteLine($"conformance: {counter.Passed} passed, {counter.Failed} failed, {counter.Skipped} skipped");
        return counter.Failed == 0 && counter.Passed > 0;
    }
}

using OutlierQuant.Cli;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.DeviceFolder;
using OutlierQuant.Kernels.Devices;

// Checks every device of this machine, then measures each: what somebody runs who has a GPU and no .NET.
UserConsole console = new(Console.Out, Console.Error);
if (args.Length > 1 || (args.Length == 1 && args[0] != "--quick"))
{
    await Console.Error.WriteLineAsync("check-devices: the one option is --quick, which takes fewer shapes and samples.").ConfigureAwait(false);
    return 2;
}

DeviceSearch search = DeviceCatalog.Find();
await CommandLine.RunAsync(["devices"], console).ConfigureAwait(false);
if (search.Found.Count == 0)
{
    await Console.Error.WriteLineAsync("check-devices: there is no device to check.").ConfigureAwait(false);
    return 1;
}

bool passed = ConformanceRun.Run(typeof(OutlierQuant.Kernels.Gpu.Tests.DevicePartsTests).Assembly);
foreach (DeviceDescription device in search.Found)
{
    string[] quick = args.Length == 1 ? ["--quick"] : [];
    int exit = await CommandLine.RunAsync(["bench", "--device", device.Id, "--out", $"results-{device.Id.Replace(':', '-')}.json", .. quick], console).ConfigureAwait(false);
    passed &= exit == 0;
}

return passed ? 0 : 1;

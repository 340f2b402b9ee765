using System.CommandLine;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Kernels.Devices;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>devices</c>: what <c>--device</c> can name, and what was rejected.</summary>
internal static class DevicesCommand
{
    public static Command Create(UserConsole console)
    {
        Command command = new("devices", "Lists the devices that --device can name, and what was rejected and why.\n\nExample:\n  outlierquant devices --json")
        {
            SharedOptions.Json,
        };
        command.SetAction(arguments => Run(arguments, console));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console)
    {
        DeviceSearch search = DeviceCatalog.Find();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(new DevicesDocument(
                [.. search.Found.Select(device => new FoundDevice(device.Id, device.Name, Kind(device), device.Driver, device.MemoryBytes, device.LargestBufferBytes, device.Features))],
                [.. search.Rejected.Select(rejection => new RejectedDevice(rejection.Backend, rejection.Name, rejection.Reason))]), CliJson.Default.DevicesDocument);
            return 0;
        }

        Table devices = Tables.Create("<--device", "<name", "<kind", "memory", "longest buffer", "<driver", "<features");
        Tables.AddRow(devices, DeviceCatalog.Cpu, "this processor", "cpu", "", "", "", "");
        foreach (DeviceDescription device in search.Found)
        {
            Tables.AddRow(
                devices, device.Id, device.Name, Kind(device), Tables.Bytes(device.MemoryBytes), Tables.Bytes(device.LargestBufferBytes), device.Driver, string.Join(", ", device.Features));
        }

        console.Write(devices);
        if (search.Rejected.Count > 0)
        {
            Table rejected = Tables.Create("<rejected", "<name", "<because");
            foreach (DeviceRejection rejection in search.Rejected)
            {
                Tables.AddRow(rejected, rejection.Backend, rejection.Name, rejection.Reason);
            }

            console.Write(rejected);
        }

        return 0;
    }

    private static string Kind(DeviceDescription device) => device.IsGpu ? "gpu" : "cpu";
}

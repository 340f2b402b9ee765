using System.Globalization;
using OutlierQuant.Benchmarks.Devices;
using OutlierQuant.Cli.Terminal;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints a benchmark run on a device.</summary>
internal static class DeviceBenchTables
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static void Show(DeviceBenchmarkReport report, UserConsole console)
    {
        console.Output.WriteLine($"{report.Device.Id}: {report.Device.Name}, {Tables.Bytes(report.Device.MemoryBytes)}; {report.Device.Driver}; {report.Machine.OperatingSystem}; OutlierQuant {report.Machine.Version}");
        console.Output.WriteLine(string.Create(Culture, $"copying in its memory: {report.Ceilings.CopyGbPerSecond:F1} GB/s, read and written bytes together"));
        foreach (IGrouping<(int, int), DeviceBenchmarkResult> shape in report.Results.GroupBy(result => (result.OutFeatures, result.InFeatures)))
        {
            console.Output.WriteLine();
            console.Output.WriteLine($"Weights {shape.Key.Item1} × {shape.Key.Item2} (output × input features)");
            Table table = Tables.Create("<kernel", "rows", "channels", "ms", "GB/s", "Gop/s", "of copying", "with quantizing ms", "<runs on");
            foreach (DeviceBenchmarkResult result in shape.Where(result => !result.IncludesActivationQuantization))
            {
                DeviceBenchmarkResult? whole = shape.FirstOrDefault(other =>
                    other.IncludesActivationQuantization && (other.Kernel, other.Rows, other.PreservedChannels) == (result.Kernel, result.Rows, result.PreservedChannels));
                Tables.AddRow(
                    table,
                    result.Kernel,
                    Tables.Count(result.Rows),
                    Tables.Count(result.PreservedChannels),
                    Number(result.MedianMs, "F4"),
                    Number(result.GbPerSecond, "F1"),
                    Number(result.GopsPerSecond, "F1"),
                    $"{Number(result.PercentOfCeiling, "F0")} %",
                    whole is null ? "" : Number(whole.MedianMs, "F4"),
                    result.Implementation);
            }

            console.Write(table);
        }

        console.Output.WriteLine();
        console.Output.WriteLine("of copying: the time that copying as many bytes takes, sampled in turn with the product, over the time taken; many rows are bound by arithmetic. GB/s: weights, activations and products, each counted once.");
        console.Output.WriteLine(string.Create(Culture, $"{report.Seconds:F0} seconds."));
    }

    private static string Number(double value, string format) => value.ToString(format, Culture);
}

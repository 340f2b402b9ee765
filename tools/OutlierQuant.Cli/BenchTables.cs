using System.Globalization;
using OutlierQuant.Benchmarks;
using OutlierQuant.Cli.Terminal;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints a benchmark run: the machine, its ceilings, then the products of each shape and what preserving channels costs them.</summary>
internal static class BenchTables
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static void Show(BenchmarkReport report, UserConsole console)
    {
        ShowMachine(report, console);
        ShowCeilings(report.Ceilings, report.Threads, console);
        foreach (IGrouping<(int, int), BenchmarkResult> shape in report.Results.GroupBy(result => (result.OutFeatures, result.InFeatures)))
        {
            console.Output.WriteLine();
            console.Output.WriteLine($"Weights {shape.Key.Item1} × {shape.Key.Item2} (output × input features)");
            ShowProducts([.. shape], console);
            ShowPreserved([.. shape], console);
        }

        ShowLegend(report, console);
    }

    private static void ShowMachine(BenchmarkReport report, UserConsole console)
    {
        MachineDescription machine = report.Machine;
        console.Output.WriteLine($"{machine.Processor}, {machine.LogicalProcessors} logical processors, {Tables.Bytes(machine.LastLevelCacheBytes)} last-level cache; {machine.OperatingSystem}; {machine.Runtime}; OutlierQuant {machine.Version}");
        foreach (SuiteState suite in report.Suites)
        {
            string state = suite.Name == report.Suite ? "runs" : suite.UnavailableBecause is null ? "could run" : "cannot run";
            console.Output.WriteLine($"  {state,-10} {(suite.UnavailableBecause is { } reason ? $"{suite.Name}: {reason}" : suite.Description)}");
        }

        console.Output.WriteLine($"  precision of products of floats: {report.Precision}");
    }

    private static void ShowCeilings(CeilingReport ceilings, int threads, UserConsole console)
    {
        Table table = Tables.Create("<ceiling", "1 thread", $"{threads} threads", "<", "<by", "<slower here");
        Tables.AddRow(table, "DRAM read", Rate(ceilings.DramRead.OneThreadGbPerSecond), Rate(ceilings.DramRead.GbPerSecond), "GB/s", ceilings.DramRead.Instruction, "");
        Add("f32", ceilings.F32);
        Add("bf16", ceilings.Bf16);
        Add("int8", ceilings.Int8);
        Add("int8 × int4", ceilings.Int4);
        console.Write(table);

        void Add(string name, ArithmeticCeiling ceiling) => Tables.AddRow(
            table,
            name,
            Rate(ceiling.OneThreadGopsPerSecond),
            Rate(ceiling.GopsPerSecond),
            "Gop/s",
            ceiling.Instruction,
            string.Join("; ", ceiling.Slower.Select(slower => $"{slower.Instruction}: {Rate(slower.GopsPerSecond)}")));
    }

    private static void ShowProducts(IReadOnlyList<BenchmarkResult> results, UserConsole console)
    {
        Table table = Tables.Create("<kernel", "rows", "channels", "ms", "GB/s", "Gop/s", "of ceiling", "<bound by", "with quantizing ms", "of ceiling", "<runs on");
        string previous = "";
        foreach (IGrouping<(string Kernel, int Rows), BenchmarkResult> one in results.GroupBy(result => (result.Kernel, result.Rows)))
        {
            // Naive where it was measured, else with the fewest channels.
            BenchmarkResult bare = one.Where(result => !result.IncludesActivationQuantization).MinBy(result => result.PreservedChannels)!;
            BenchmarkResult? whole = Find(one, bare.Arm, bare.PreservedChannels, true);
            Tables.AddRow(
                table,
                one.Key.Kernel == previous ? "" : one.Key.Kernel,
                Tables.Count(one.Key.Rows),
                bare.PreservedChannels == 0 ? "" : Tables.Count(bare.PreservedChannels),
                Milliseconds(bare.MedianMs),
                Rate(bare.GbPerSecond),
                Rate(bare.GopsPerSecond),
                Percent(bare.PercentOfCeiling),
                bare.BoundBy,
                whole is null ? "" : Milliseconds(whole.MedianMs),
                whole is null ? "" : Percent(whole.PercentOfCeiling),
                bare.Implementation + (bare.MeasuredOutFeatures < bare.OutFeatures ? $" ({bare.MeasuredOutFeatures} output features timed)" : "") + (bare.IsDisturbed ? " (disturbed)" : ""));
            previous = one.Key.Kernel;
        }

        console.Write(table);
    }

    private static void ShowPreserved(IReadOnlyList<BenchmarkResult> results, UserConsole console)
    {
        int[] counts = [.. results.Select(result => result.PreservedChannels).Where(count => count > 0).Distinct().Order()];
        BenchmarkResult[] naive = [.. results.Where(result => result is { Arm: OutlierArm.Naive, IncludesActivationQuantization: false })];
        if (counts.Length == 0 || naive.Length == 0)
        {
            return;
        }

        Table table = Tables.Create(["<kernel", "rows", .. counts.Select(count => $"preserving {count}"), .. counts.Select(count => $"searching {count}")]);
        string previous = "";
        foreach (IGrouping<(string Kernel, int Rows), BenchmarkResult> one in results.Where(result => result.PreservedChannels > 0).GroupBy(result => (result.Kernel, result.Rows)))
        {
            BenchmarkResult bare = naive.Single(result => (result.Kernel, result.Rows) == one.Key);
            IEnumerable<string> known = counts.Select(count => Difference(Find(one, OutlierArm.Preserving, count, false), bare));
            IEnumerable<string> searched = counts.Select(count => Difference(Find(one, OutlierArm.Searching, count, true), Find(one, OutlierArm.Preserving, count, true)));
            Tables.AddRow(table, [one.Key.Kernel == previous ? "" : one.Key.Kernel, Tables.Count(one.Key.Rows), .. known, .. searched]);
            previous = one.Key.Kernel;
        }

        console.Write(table);
    }

    private static void ShowLegend(BenchmarkReport report, UserConsole console)
    {
        console.Output.WriteLine();
        console.Output.WriteLine("rows: tokens. of ceiling: the time that the nearer ceiling allows, sampled in turn with the product, over the time taken. GB/s: weights, activations and products, each counted once.");
        console.Output.WriteLine("with quantizing: rounding the activations to codes included. preserving k: time added by k channels kept in float, whose list is known, to the naive product.");
        console.Output.WriteLine("searching k: time added, quantizing included, where every call has to search for those k channels and gather their weights.");
        console.Output.WriteLine(string.Create(Culture, $"{Tables.Count(report.Samples)} samples, {Tables.Count(report.DiscardedSamples)} more discarded as disturbed; {report.Seconds:F0} seconds."));
        if (report.Warning is { } warning)
        {
            console.Output.WriteLine($"Warning: {warning}");
        }
    }

    private static BenchmarkResult? Find(IEnumerable<BenchmarkResult> results, OutlierArm arm, int count, bool includesQuantization) =>
        results.FirstOrDefault(result => result.Arm == arm && result.PreservedChannels == count && result.IncludesActivationQuantization == includesQuantization);

    private static string Difference(BenchmarkResult? result, BenchmarkResult? than) =>
        result is null || than is null ? "" : string.Create(Culture, $"{100 * ((result.MedianMs / than.MedianMs) - 1):+0.0;-0.0;0.0} %");

    private static string Milliseconds(double value) => value.ToString(value < 1 ? "F4" : value < 100 ? "F3" : "F1", Culture);

    private static string Rate(double value) => value.ToString(value < 100 ? "F1" : "F0", Culture);

    private static string Percent(double value) => string.Create(Culture, $"{value:F0} %");
}

using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OutlierQuant.Benchmarks;
using OutlierQuant.Benchmarks.Devices;
using OutlierQuant.Checkpoints;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>bench</c>: the kernels against this machine's ceilings, in one run.</summary>
internal static class BenchCommand
{
    private static readonly Option<string> Shapes = new("--shapes")
    {
        Description = $"Weight matrices, output features x input features, separated by commas. Default: {string.Join(",", Defaults().Shapes)}; with --quick {string.Join(",", Quick().Shapes)}.",
        HelpName = "LIST",
    };

    private static readonly Option<int[]> Rows = new("--rows")
    {
        Description = $"Rows of activations (tokens), separated by commas. Default: {string.Join(",", Defaults().Rows)}; with --quick {string.Join(",", Quick().Rows)}.",
        HelpName = "LIST",
        CustomParser = SharedOptions.ParseList,
    };

    private static readonly Option<int[]> Preserved = new("--preserved")
    {
        Description = $"Numbers of channels to preserve in float, separated by commas; 0 is the naive product. Default: {string.Join(",", Defaults().PreservedCounts)}; with --quick {string.Join(",", Quick().PreservedCounts)}.",
        HelpName = "LIST",
        CustomParser = SharedOptions.ParseList,
    };

    private static readonly Option<string> Only = new("--only") { Description = $"Measure only kernels whose name contains this. The kernels: {string.Join(", ", ProductKernel.All.Select(kernel => kernel.Name))}.", HelpName = "TEXT" };
    private static readonly Option<bool> QuickRun = new("--quick") { Description = "A short look: fewer shapes, rows, preserved channels and samples." };
    private static readonly Option<string> Out = new("--out") { Description = "Also write the json document to a file.", HelpName = "FILE" };

    public static Command Create(UserConsole console)
    {
        Command command = new("bench", """
            Measures what this machine can do (reading memory, arithmetic of each type) and what share of it the kernels reach: naive, preserving channels,
            and searching for them on every call. Everything takes about eight minutes on two cores without AMX and never much more than ten; --quick takes about a minute.
            With --device, the products of that device against copying in its memory.

            Example:
              outlierquant bench --shapes 4096x4096,896x4864 --rows 1,512 --only int8
            """)
        {
            Shapes, Rows, Preserved, Only, QuickRun, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, Out, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        BenchmarkOptions options = OptionsOf(arguments);
        string? path = arguments.GetValue(Out);
        OutputFile.RequirePlace(path);
        using IDevice? device = DeviceCatalog.Open(arguments.GetRequiredValue(SharedOptions.Device));
        using ProgressDisplay progress = new(console);
        if (device is null)
        {
            BenchmarkReport report = BenchmarkRun.Run(options, Report, cancellation);
            progress.Dispose();
            Show(report, BenchmarkJson.Default.BenchmarkReport, BenchTables.Show, path, arguments, console);
        }
        else
        {
            DeviceBenchmarkReport report = DeviceBenchmarkRun.Run(device, options, Report, cancellation);
            progress.Dispose();
            Show(report, BenchmarkJson.Default.DeviceBenchmarkReport, DeviceBenchTables.Show, path, arguments, console);
        }

        return 0;

        void Report(BenchmarkProgress step) => progress.Report(step.Name, step.Done, step.Total, "cases");
    }

    private static void Show<T>(T report, JsonTypeInfo<T> json, Action<T, UserConsole> tables, string? path, ParseResult arguments, UserConsole console)
    {
        if (path is not null)
        {
            AtomicFile.WriteAllText(path, JsonSerializer.Serialize(report, json) + "\n");
            console.Note($"written: {path}");
        }

        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(report, json);
        }
        else
        {
            tables(report, console);
        }
    }

    private static BenchmarkOptions OptionsOf(ParseResult arguments)
    {
        KernelSuite suite = Session.SuiteOf(arguments);
        BenchmarkOptions options = arguments.GetValue(QuickRun) ? BenchmarkOptions.Quick(suite) : new() { Suite = suite };
        options = options with { Threads = arguments.GetRequiredValue(SharedOptions.Threads) };
        if (arguments.GetValue(Shapes) is { } shapes)
        {
            options = options with { Shapes = [.. shapes.Split(',').Select(shape => Parse("--shapes", () => WeightShape.Parse(shape))).Distinct()] };
        }

        if (arguments.GetResult(Rows) is not null)
        {
            int[] rows = arguments.GetRequiredValue(Rows);
            options = rows.Contains(0) ? throw new UsageException("--rows has '0', but a product needs at least one row.") : options with { Rows = [.. rows.Distinct()] };
        }

        if (arguments.GetResult(Preserved) is not null)
        {
            options = options with { PreservedCounts = [.. arguments.GetRequiredValue(Preserved).Distinct().Order()] };
        }

        return arguments.GetValue(Only) is { } only ? options with { Kernels = Parse("--only", () => ProductKernel.Matching(only)) } : options;
    }

    private static T Parse<T>(string option, Func<T> parse)
    {
        try
        {
            return UsageException.Parse(parse);
        }
        catch (UsageException exception)
        {
            throw new UsageException($"{option}: {exception.Message}");
        }
    }

    private static BenchmarkOptions Defaults() => new() { Suite = KernelSuite.Reference };

    private static BenchmarkOptions Quick() => BenchmarkOptions.Quick(KernelSuite.Reference);
}

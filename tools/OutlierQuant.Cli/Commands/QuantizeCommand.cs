using System.CommandLine;
using System.Globalization;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Models;
using OutlierQuant.Quantizers;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>quantize</c>: writes a quantized checkpoint.</summary>
internal static class QuantizeCommand
{
    private static readonly Option<string> SchemeName = new("--scheme")
    {
        Description = $"Weights and activations. One of: {string.Join(", ", Scheme.All.Select(scheme => scheme.Name))}.",
        HelpName = "NAME",
        Required = true,
    };

    private static readonly Option<string> Preserve = SharedOptions.OneOf("--preserve", "What becomes of outlier channels.", "channels", PreservationName.All);
    private static readonly Option<string> Method = SharedOptions.OneOf("--method", "How codes are chosen.", "rtn", ["rtn"]);
    private static readonly Option<string> Text = new("--text") { Description = "Text to calibrate on, where no --profile is given.", HelpName = "FILE" };
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "calibrate on", Calibrating.DefaultWindows);
    private static readonly Option<int?> Block = SharedOptions.PositiveOrNull("--residual-block", "For residual schemes: round this block's output only.", smallest: 0);
    private static readonly Option<string> Out = new("--out") { Description = "Directory to write.", Required = true, HelpName = "DIR" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace the output directory if it exists." };

    public static Command Create(UserConsole console)
    {
        Command command = new("quantize", "Writes a quantized checkpoint, with the plan and the reason for every decision.\n\nExample:\n  outlierquant quantize MODEL --scheme w8a8-tensor-static --preserve channels --text calibration.txt --out MODEL-w8a8")
        {
            SharedOptions.Model, SchemeName, Preserve, Method, SharedOptions.Channels, SharedOptions.IncludeHead, Block, SharedOptions.Profile, Text, Windows, SharedOptions.Context, SharedOptions.NoBos,
            Out, Overwrite, SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        QuantizationOptions options = new()
        {
            Scheme = UsageException.Parse(() => Scheme.Parse(arguments.GetRequiredValue(SchemeName))),
            Preserve = PreservationName.Parse(arguments.GetRequiredValue(Preserve)),
            Method = arguments.GetRequiredValue(Method),
            Channels = arguments.GetValue(SharedOptions.Channels),
            IncludeHead = arguments.GetValue(SharedOptions.IncludeHead),
            ResidualBlock = arguments.GetValue(Block),
        };
        if (options.Scheme.ReasonAgainst(options.Preserve) is { } reason)
        {
            throw new UsageException(reason);
        }

        string output = arguments.GetRequiredValue(Out);
        bool overwrite = arguments.GetValue(Overwrite);
        if (!overwrite && Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new IOException($"{output}: exists and is not empty; choose another directory or give --overwrite.");
        }

        using Session session = Session.Open(arguments);
        CalibrationProfile? profile = Profile(session, arguments, options, console, cancellation);
        var plan = QuantizationPlanner.Plan(session.Model, profile, options);
        using ProgressDisplay progress = new(console);
        using TransformerModel quantized = Quantizer.Apply(session.Model, plan, progress.Quantization(), cancellation);
        QuantizedCheckpoint.Write(quantized, plan, output, overwrite, (done, total) => progress.Report("writing", done, total, "bytes"), cancellation);
        progress.Dispose();

        QuantizeDocument document = new(
            output, plan.Scheme, plan.Preserve, plan.Linears.Count, plan.Linears.Sum(linear => linear.Channels.Count), plan.Forecast.BitsPerWeight, plan.Forecast.TensorBytes, plan.Forecast.SourceTensorBytes);
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(document, CliJson.Default.QuantizeDocument);
            return 0;
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        Table table = Tables.Create("<", "<");
        table.ShowHeaders = false;
        Tables.AddRow(table, "written", document.Output);
        Tables.AddRow(table, "scheme, preserve", $"{document.Scheme}, {document.Preserve}");
        Tables.AddRow(table, "linears quantized", Tables.Count(document.Linears));
        Tables.AddRow(table, plan.Preserve == "channels" ? "input channels kept in float" : "input channels treated apart", Tables.Count(document.PreservedChannels));
        Tables.AddRow(table, "bits per weight of those linears", document.BitsPerWeight.ToString("F3", culture));
        Tables.AddRow(table, "size", string.Create(culture, $"{Tables.Bytes(document.SizeBytes)}, {(double)document.SizeBytes / document.SourceBytes:P1} of the source's {Tables.Bytes(document.SourceBytes)}"));
        Tables.AddRow(table, "reasons", Path.Combine(output, QuantizedCheckpoint.PlanFileName));
        console.Write(table);
        return 0;
    }

    private static CalibrationProfile? Profile(Session session, ParseResult arguments, QuantizationOptions options, UserConsole console, CancellationToken cancellation)
    {
        (string? file, string? text) = SharedOptions.AtMostOne(arguments, SharedOptions.Profile, Text);
        if (options.Scheme.NeedsProfileFor(options.Preserve) is not { } need)
        {
            return null;
        }

        if (file is not null)
        {
            return Calibrating.Load(session, file);
        }

        return text is null
            ? throw new UsageException($"--scheme {options.Scheme.Name} --preserve {PreservationName.Of(options.Preserve)} needs {need}: give --profile or --text.")
            : Calibrating.Run(session, TextFile.Read(text), text, arguments, arguments.GetValue(Windows).Count, null, console, cancellation);
    }
}

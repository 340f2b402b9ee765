using System.CommandLine;
using System.Globalization;
using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Folding;
using OutlierQuant.Models;
using OutlierQuant.Quantizers;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>quantize</c>: writes a quantized checkpoint.</summary>
internal static class QuantizeCommand
{
    private static readonly Option<string> SchemeName = new("--scheme")
    {
        Description = $"Weights and activations. One of: {string.Join(", ", Scheme.All.Select(scheme => scheme.Name))}; or {Scheme.FullPrecision.Name}, which rounds nothing, for --preserve fold.",
        HelpName = "NAME",
        Required = true,
    };

    private static readonly Option<string> Preserve = SharedOptions.OneOf("--preserve", "What becomes of outlier channels, and whether the prefix is folded into constant keys and values.", "channels", PreservationName.All);
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
            SharedOptions.Model, SchemeName, Preserve, Method, SharedOptions.Channels, FoldOptionSet.Prefix, FoldOptionSet.DropValues, FoldOptionSet.Merge, SharedOptions.IncludeHead, Block, SharedOptions.Profile, Text, Windows, SharedOptions.Context, SharedOptions.NoBos,
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

        FoldOptions? fold = FoldOptionSet.Read(arguments);
        if (fold is not null && !options.Preserve.Folds())
        {
            throw new UsageException($"--fold-prefix, --fold-drop-values and --fold-merge are for --preserve fold and fold+channels, and --preserve is {PreservationName.Of(options.Preserve)}.");
        }

        string output = arguments.GetRequiredValue(Out);
        bool overwrite = arguments.GetValue(Overwrite);
        if (!overwrite && Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new IOException($"{output}: exists and is not empty; choose another directory or give --overwrite.");
        }

        using Session session = Session.Open(arguments);
        (TransformerModel model, CalibrationProfile? profile) = options.Preserve.Folds()
            ? FoldedSource(session, arguments, options, fold, console, cancellation)
            : (session.Model, Profile(session, arguments, options, console, cancellation));
        var plan = QuantizationPlanner.Plan(model, profile, options);
        using ProgressDisplay progress = new(console);
        FoldCost? cost = arguments.GetValue(Text) is { } costText && model.Fold is not null && !IsExact(plan.Fold!.Description)
            ? FoldCost.Measure(session.Model, model, session.Tokenizer, TextFile.Read(costText), Path.GetFileName(costText), session.ContextOf(arguments, model), progress.ForwardPass("measuring the fold"), cancellation)
            : null;
        using TransformerModel quantized = Quantizer.Apply(model, plan, progress.Quantization(), cancellation);
        QuantizedCheckpoint.Write(quantized, plan, output, overwrite, (done, total) => progress.Report("writing", done, total, "bytes"), cancellation);
        progress.Dispose();

        QuantizeDocument document = new(
            output, plan.Scheme, plan.Preserve, plan.Linears.Count, plan.Linears.Sum(linear => linear.Channels.Count), plan.Forecast.BitsPerWeight, plan.Forecast.TensorBytes, plan.Forecast.SourceTensorBytes)
        {
            Fold = plan.Fold is null ? null : new QuantizedFold(plan.Fold.Description, cost, profile is null ? null : FoldReport.Of(profile)),
        };
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
        Tables.AddRow(table, options.Preserve.WithoutFold() == Preservation.Channels ? "input channels kept in float" : "input channels treated apart", Tables.Count(document.PreservedChannels));
        Tables.AddRow(table, "bits per weight of those linears", document.BitsPerWeight.ToString("F3", culture));
        Tables.AddRow(table, "size", string.Create(culture, $"{Tables.Bytes(document.SizeBytes)}, {(double)document.SizeBytes / document.SourceBytes:P1} of the source's {Tables.Bytes(document.SourceBytes)}"));
        ShowFold(table, plan, profile, cost);
        Tables.AddRow(table, "reasons", Path.Combine(output, QuantizedCheckpoint.PlanFileName));
        console.Write(table);
        return 0;
    }

    private static void ShowFold(Table table, QuantizationPlan plan, CalibrationProfile? profile, FoldCost? cost)
    {
        if (plan.Fold is null)
        {
            return;
        }

        Tables.AddRow(table, "folded prefix", profile?.Fold?.ToString() ?? plan.Fold.Description.ToString());
        if (profile is not null && FoldReport.Of(profile) is { } report)
        {
            int finer = report.Inputs.Count(change => change.Ratio >= FoldReport.Finer);
            Tables.AddRow(table, "static scales that folding makes finer by a tenth or more", $"{finer} of {report.Inputs.Count} linear inputs");
            foreach (string line in FoldTables.Describe(report.Fold))
            {
                Tables.AddRow(table, "", line);
            }
        }

        if (cost is not null)
        {
            Tables.AddRow(table, "what the fold itself costs in full precision", FoldTables.Describe(cost));
        }
    }

    /// <summary>Whether folding changes nothing but rounding: BOS alone, as it is.</summary>
    private static bool IsExact(FoldDescription fold) => fold.Prefix.Count == 1 && fold.Prefix[0] == fold.BosTokenId && fold.DroppedValues == 0;

    private static (TransformerModel Model, CalibrationProfile? Profile) FoldedSource(Session session, ParseResult arguments, QuantizationOptions options, FoldOptions? fold, UserConsole console, CancellationToken cancellation)
    {
        (string? file, string? text) = SharedOptions.AtMostOne(arguments, SharedOptions.Profile, Text);
        if (file is not null)
        {
            FoldedCalibration loaded = Folding.Load(session, file, fold, arguments);
            return (loaded.Model, loaded.Profile);
        }

        if (text is not null)
        {
            FoldedCalibration made = Folding.Calibrate(
                session, TextFile.Read(text), text, arguments, arguments.GetValue(Windows).Count, new DetectorOptions(), fold ?? new FoldOptions(), null, console, cancellation);
            return (made.Model, made.Profile);
        }

        string? need = options.Scheme.NeedsProfileFor(options.Preserve) ?? (fold is { NeedsNoText: false } ? "a text to search, merge or drop on" : null);
        return need is null
            ? (Folding.Compute(session, fold ?? new FoldOptions(), arguments), null)
            : throw new UsageException($"--scheme {options.Scheme.Name} --preserve {PreservationName.Of(options.Preserve)} with these options needs {need}: give --profile or --text.");
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

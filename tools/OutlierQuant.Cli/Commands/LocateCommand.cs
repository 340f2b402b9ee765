using System.CommandLine;
using System.Globalization;
using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Cli.Terminal;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>locate</c>: the calibration profile: massive activations, statistics, suggestions.</summary>
internal static class LocateCommand
{
    private static readonly DetectorOptions Defaults = new();
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "calibrate on", Calibrating.DefaultWindows);
    private static readonly Option<string> Out = new("--out") { Description = "Write the calibration profile (json), for quantize, compare and intervene.", HelpName = "FILE" };
    private static readonly Option<bool> Fold = new("--fold") { Description = "Fold BOS, or what --fold-prefix says, into constant keys and values, and profile what is left in the stream." };
    private static readonly Option<double> MinMagnitude = SharedOptions.AtLeastZero("--min-magnitude", "sun2024: a massive activation is larger than this.", Defaults.MinMagnitude);
    private static readonly Option<double> MinRatio = SharedOptions.AtLeastZero("--min-ratio", "sun2024: and larger than this many times the median magnitude.", Defaults.MinRatio);
    private static readonly Option<double> PrefixQuantRatio = SharedOptions.AtLeastZero("--prefixquant-ratio", "prefixquant: an outlier token exceeds this many times the median token.", Defaults.PrefixQuantRatio);
    private static readonly Option<double> QfemScore = SharedOptions.AtLeastZero("--qfem-score", "qfem: a module with a higher score stays in float.", Defaults.QfemScore);
    private static readonly Option<double> LlmInt8Magnitude = SharedOptions.AtLeastZero("--llmint8-magnitude", "llmint8: an outlier column has a larger magnitude.", Defaults.LlmInt8Magnitude);
    private static readonly Option<double> SuperWeightSpike = SharedOptions.AtLeastZero("--superweight-spike", "superweight: input and output of a down projection spike above this.", Defaults.SuperWeightSpike);

    public static Command Create(UserConsole console)
    {
        Command command = new("locate", "Locates massive activations and gathers the statistics that quantization needs.\n\nExample:\n  outlierquant locate MODEL --text calibration.txt --out profile.json")
        {
            SharedOptions.Model, SharedOptions.RequiredText, Out, Windows, SharedOptions.Context, SharedOptions.NoBos, Fold, FoldOptionSet.Prefix, FoldOptionSet.DropValues, FoldOptionSet.Merge, MinMagnitude, MinRatio, PrefixQuantRatio, QfemScore, LlmInt8Magnitude,
            SuperWeightSpike, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        OutputFile.RequirePlace(arguments.GetValue(Out));
        DetectorOptions options = new()
        {
            MinMagnitude = arguments.GetValue(MinMagnitude),
            MinRatio = arguments.GetValue(MinRatio),
            PrefixQuantRatio = arguments.GetValue(PrefixQuantRatio),
            QfemScore = arguments.GetValue(QfemScore),
            LlmInt8Magnitude = arguments.GetValue(LlmInt8Magnitude),
            SuperWeightSpike = arguments.GetValue(SuperWeightSpike),
        };
        FoldOptions? fold = FoldOptionSet.Read(arguments) ?? (arguments.GetValue(Fold) ? new FoldOptions() : null);
        using Session session = Session.Open(arguments);
        int? windows = arguments.GetValue(Windows).Count;
        CalibrationProfile profile = fold is null
            ? Calibrating.Run(session, text, path, arguments, windows, options, console, cancellation)
            : Folding.Calibrate(session, text, path, arguments, windows, options, fold, null, console, cancellation).Profile;
        if (arguments.GetValue(Out) is { } output)
        {
            profile.Save(output);
        }

        if (arguments.GetValue(SharedOptions.Json))
        {
            console.Output.WriteLine(profile.ToJson());
            return 0;
        }

        if (FoldReport.Of(profile) is { } report)
        {
            FoldTables.Show(report, console);
        }

        Show(profile, console);
        return 0;
    }

    /// <summary>Prints the verdict, the blocks, the coordinates and the suggested channels.</summary>
    internal static void Show(CalibrationProfile profile, UserConsole console)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        console.Output.WriteLine(profile.Verdict);
        Table blocks = Tables.Create("block", "median", "largest", "ratio", "<token", "position", "channel", "<next four (channel: value)");
        foreach (BlockProfile block in profile.Blocks)
        {
            TopEntry top = block.Top[0];
            Tables.AddRow(
                blocks,
                block.Block.ToString(culture),
                block.Median.ToString("G4", culture),
                top.Value.ToString("F1", culture),
                top.Ratio.ToString("F1", culture),
                top.Token,
                top.Position.ToString(culture),
                top.Channel.ToString(culture),
                string.Join("  ", block.Top.Skip(1).Select(entry => string.Create(culture, $"{entry.Channel}: {entry.Value:F0}"))));
        }

        console.Write(blocks);
        console.Output.WriteLine(profile.Onset.IsMassive ? "Massive coordinates" : "Strongest candidates (no entry passes the detector)");
        Table coordinates = Tables.Create("channel", "<token class", "block", "first", "last", "mean", "std", "CV", "ratio", "windows");
        foreach (CoordinateStatistics c in profile.Onset.IsMassive ? profile.Massive : profile.Candidates)
        {
            Tables.AddRow(
                coordinates,
                c.Channel.ToString(culture),
                c.TokenClass.ToString().ToLowerInvariant(),
                c.Block.ToString(culture),
                c.FirstBlock.ToString(culture),
                c.LastBlock.ToString(culture),
                c.Mean.ToString("F2", culture),
                c.StandardDeviation.ToString("G3", culture),
                c.CoefficientOfVariation.ToString("G3", culture),
                c.Ratio.ToString("F1", culture),
                c.Windows.ToString(culture));
        }

        console.Write(coordinates);
        if (profile.Agreement is { } agreement)
        {
            console.Output.WriteLine(string.Create(culture, $"The two halves of the text agree on the coordinates: Jaccard index {agreement.Jaccard:F2}."));
        }

        Table linears = Tables.Create("<linear", "median channel", "preserve", "<channels (absmax)");
        foreach (LinearInputProfile input in profile.LinearInputs.Where(input => input.Suggested.Count > 0))
        {
            float[] sorted = [.. input.Channels.AbsMax.Order()];
            Tables.AddRow(
                linears,
                Name(input),
                sorted[sorted.Length / 2].ToString("F2", culture),
                input.Suggested.Count.ToString(culture),
                Shorten(input, culture));
        }

        console.Output.WriteLine($"Suggested preserved channels: {profile.LinearInputs.Sum(input => input.Suggested.Count)} over {profile.LinearInputs.Count} linear inputs");
        console.Write(linears);
    }

    /// <summary>Names an input by the first linear that reads it and the last parts of the others' names.</summary>
    private static string Name(LinearInputProfile input) => string.Join(", ", input.Linears.Select((name, i) => i == 0 ? name : name[(name.LastIndexOf('.') + 1)..]));

    private static string Shorten(LinearInputProfile input, CultureInfo culture)
    {
        const int Shown = 5;
        string list = string.Join("  ", input.Suggested.Take(Shown).Select(s => string.Create(culture, $"{s.Channel} ({input.Channels.AbsMax[s.Channel]:F1})")));
        return input.Suggested.Count > Shown ? list + "  …" : list;
    }
}

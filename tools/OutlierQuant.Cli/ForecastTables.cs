using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Forecasting;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints forecasts: per scheme the worst places, forecast against measured, and how well the two agree.</summary>
internal static class ForecastTables
{
    private const int LinearsShown = 12;
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints a result.</summary>
    public static void Show(ForecastResult result, UserConsole console)
    {
        foreach (SchemeForecast scheme in result.Schemes)
        {
            console.Output.WriteLine($"{scheme.Scheme}{(scheme.Linears.Count > LinearsShown ? $" (the {LinearsShown} worst of {scheme.Linears.Count} linears; --json has all)" : "")}");
            if (scheme.Linears.Count > 0)
            {
                ShowLinears(scheme, result.MeasuredOn is not null, console);
            }

            if (scheme.Blocks.Count > 0)
            {
                ShowBlocks(scheme, result.MeasuredOn is not null, console);
            }

            ShowAgreement(scheme, console);
        }

        console.Output.WriteLine("dB: signal-to-quantization-noise ratio, forecast → measured. bits lost: log2(max / p99.9). Outputs are those of tokens other than a leading BOS.");
        foreach (string sentence in result.Verdict)
        {
            console.Output.WriteLine(sentence);
        }
    }

    private static void ShowLinears(SchemeForecast scheme, bool measured, UserConsole console)
    {
        bool damage = scheme.Linears[0].Damage is not null;
        Table table = Tables.Create(["<linear", "max", "p99.9", "median", "bits lost", "input dB", "weights dB", "output dB", "channels suggested", .. damage ? (string[])["Δnll ± 95 % alone"] : []]);
        foreach (LinearForecast linear in scheme.Linears.OrderBy(linear => linear.SqnrElsewhere ?? double.PositiveInfinity).Take(LinearsShown))
        {
            TensorForecast shown = linear.Input ?? linear.Weights;
            Tables.AddRow(
                table,
                [
                    linear.Name,
                    Short(shown.Max),
                    Short(shown.Quantile999),
                    Short(shown.Median),
                    Number(shown.BitsLost, "F2"),
                    linear.Input is { } input ? Pair(input.Sqnr, input.MeasuredSqnr, measured) : "float",
                    Number(linear.Weights.Sqnr, "F1"),
                    Pair(linear.SqnrElsewhere, linear.MeasuredSqnrElsewhere, measured),
                    linear.SuggestedChannels.ToString(Culture),
                    .. linear.Damage is { } score ? (string[])[ResultTables.Difference(score.DeltaNll, score.DeltaNllCi95)] : [],
                ]);
        }

        console.Write(table);
    }

    private static void ShowBlocks(SchemeForecast scheme, bool measured, UserConsole console)
    {
        Table table = Tables.Create("block", "max", "p99.9", "median", "bits lost", "all entries dB", "up to p99.9 dB");
        foreach ((int block, TensorForecast output) in scheme.Blocks)
        {
            Tables.AddRow(
                table,
                block.ToString(Culture),
                Short(output.Max),
                Short(output.Quantile999),
                Short(output.Median),
                Number(output.BitsLost, "F2"),
                Pair(output.Sqnr, output.MeasuredSqnr, measured),
                Pair(output.BodySqnr, output.MeasuredBodySqnr, measured));
        }

        console.Write(table);
    }

    private static void ShowAgreement(SchemeForecast scheme, UserConsole console)
    {
        List<(double X, double Y, char Mark)> points = [];
        foreach (LinearForecast linear in scheme.Linears)
        {
            Add(linear.SqnrElsewhere, linear.MeasuredSqnrElsewhere, 'o');
            Add(linear.Input?.Sqnr, linear.Input?.MeasuredSqnr, 'i');
        }

        foreach (BlockForecast block in scheme.Blocks)
        {
            Add(block.Output.Sqnr, block.Output.MeasuredSqnr, 'b');
        }

        foreach (string line in TextScatter.Draw("forecast dB (i inputs, o outputs, b block outputs)", "measured dB", points))
        {
            console.Output.WriteLine(line);
        }

        foreach (ForecastAgreement agreement in scheme.Agreement)
        {
            string errors = agreement.MeanAbsoluteError is { } miss ? string.Create(Culture, $", mean error {agreement.MeanError:+0.0;−0.0;0.0} dB, mean miss {miss:F1} dB") : "";
            console.Output.WriteLine($"{agreement.Compared} ({agreement.Pairs}): correlation {Number(agreement.Pearson, "F2")}, rank correlation {Number(agreement.Spearman, "F2")}{errors}");
        }

        if (scheme.WorstMisses.Count > 0)
        {
            console.Output.WriteLine($"worst misses: {string.Join("; ", scheme.WorstMisses.Select(miss => $"{miss.Place} {Pair(miss.Sqnr, miss.MeasuredSqnr, true)}"))}");
        }

        console.Output.WriteLine();

        void Add(double? forecast, double? measured, char mark)
        {
            if (forecast is { } x && measured is { } y)
            {
                points.Add((x, y, mark));
            }
        }
    }

    private static string Pair(double? forecast, double? measured, bool hasMeasured) => Number(forecast, "F1") + (hasMeasured ? $" → {Number(measured, "F1")}" : "");

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format, Culture) : "–";

    private static string Short(double value) => value.ToString("G4", Culture);
}

using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Statistics;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints results of studies as tables, then in words.</summary>
internal static class ResultTables
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints a comparison: one row an arm, the full-precision model first.</summary>
    public static void Show(ComparisonResult result, UserConsole console)
    {
        Table table = Tables.Create("<scheme", "<preserve", "channels", "bits", "MiB", "perplexity", "×", "Δnll ± 95 %", "KL", "top-1", "<kernel");
        Tables.AddRow(table, "full precision", "", "", Number(result.BaselineBitsPerWeight, "F2"), Mebibytes(result.BaselineSizeBytes), Perplexity(result.Baseline.Perplexity), "", "", "", "", result.Baseline.Kernels[0]);
        string previous = "";
        foreach (ArmResult arm in result.Arms)
        {
            if (arm.Scheme != previous)
            {
                table.AddEmptyRow();
            }

            Tables.AddRow(
                table,
                arm.Scheme == previous ? "" : arm.Scheme,
                arm.Preserve,
                arm.Preserve is "none" or "fold" ? "" : Number(arm.MeanChannels, "0.#"),
                Number(arm.BitsPerWeight, "F2"),
                Mebibytes(arm.SizeBytes),
                Perplexity(arm.Perplexity),
                Number(arm.Ratio, arm.Ratio < 100 ? "F3" : "G4"),
                Difference(arm.DeltaNll, arm.DeltaNllCi95),
                Number(arm.Kl, "F4"),
                Number(arm.Top1Agreement, "P1"),
                arm.Kernels[0] + (arm.FakeQuantized ? ", fake-quantized stream" : ""));
            previous = arm.Scheme;
        }

        console.Write(table);
        console.Output.WriteLine(string.Create(Culture, $"{result.Baseline.WindowsScored} of {result.Baseline.WindowsInText} windows of {result.Baseline.Context} tokens of {result.Baseline.Source}, {(result.Baseline.Bos ? "with" : "without")} BOS, {result.Baseline.TokensScored} tokens scored."));
        console.Output.WriteLine("channels: mean number that the preservation is about, per linear or block. bits: per weight of the linears. ×: perplexity over that of full precision. Δnll, KL: nats per token.");
        console.Output.WriteLine("kernel: what the blocks' linears ran on; --json lists all.");
        console.Output.WriteLine();
        ShowWords(result.Verdict, console);
    }

    /// <summary>Prints the interventions: one row each, the untouched model first.</summary>
    public static void Show(InterventionResult result, UserConsole console)
    {
        console.Output.WriteLine($"Block {result.Block}: {result.Reason}");
        console.Output.WriteLine($"Coordinates: {string.Join(", ", result.Coordinates.Select(c => string.Create(Culture, $"channel {c.Channel} at {c.TokenClass.ToString().ToLowerInvariant()} (mean {c.Mean:F1})")))}");
        Table table = Tables.Create("<intervention", "perplexity", "standard error (nats)", "Δnll ± 95 %", "entries changed");
        Tables.AddRow(table, "untouched", Perplexity(result.Baseline.Perplexity), Number(result.Baseline.StandardError, "F4"), "", "");
        foreach (InterventionArm arm in result.Arms)
        {
            Tables.AddRow(table, Name(arm.Intervention), Perplexity(arm.Perplexity), Number(arm.StandardError, "F4"), Difference(arm.DeltaNll, arm.DeltaNllCi95), Tables.Count(arm.EntriesChanged));
        }

        console.Write(table);
        ShowWords(result.Verdict, console);
        if (result.LoadBearing is { } loadBearing)
        {
            console.Output.WriteLine();
            Show(loadBearing, console);
        }
    }

    private static void Show(LoadBearingResult result, UserConsole console)
    {
        console.Output.WriteLine($"Strict: {string.Join(", ", result.Strict.Select(c => $"channel {c.Channel} at {c.TokenClass.ToString().ToLowerInvariant()}"))}");
        console.Output.WriteLine($"Companions (beyond 3 standard deviations of their token's channels): {(result.Companions.Count == 0 ? "none" : string.Join(", ", result.Companions.Select(c => string.Create(Culture, $"{c.Channel} (mean {c.Mean:F1}, {c.Tokens} tokens)"))))}");
        Table table = Tables.Create("<set to zero", "<when", "perplexity", "standard error (nats)", "Δnll ± 95 %", "entries changed");
        foreach (LoadBearingArm arm in result.Arms)
        {
            Tables.AddRow(
                table,
                arm.WithCompanions ? "strict and companions" : "strict",
                arm.Held ? "at every later block too" : "once",
                Perplexity(arm.Score.Perplexity),
                Number(arm.Score.StandardError, "F4"),
                Difference(arm.Score.DeltaNll, arm.Score.DeltaNllCi95),
                Tables.Count(arm.EntriesChanged));
        }

        console.Write(table);
        ShowWords(result.Sentences, console);
    }

    private static void ShowWords(IReadOnlyList<string> sentences, UserConsole console)
    {
        foreach (string sentence in sentences)
        {
            console.Output.WriteLine(sentence);
        }
    }

    private static string Name(Intervention intervention) => intervention switch
    {
        Intervention.Zero => "set to zero",
        Intervention.Mean => "set to their mean",
        Intervention.Clip => "clipped to the median magnitude",
        Intervention.ZeroRandom => "control: as many random entries to zero",
        Intervention.ZeroMedian => "control: as many median entries to zero",
        _ => intervention.ToString(),
    };

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format, Culture) : "";

    /// <summary>Writes a difference in nats with half the width of its interval.</summary>
    public static string Difference(double value, Interval? interval) =>
        (value < 0 ? "" : "+") + Number(value, "F4") + (interval is { } ends ? string.Create(Culture, $" ± {(ends.High - ends.Low) / 2:F4}") : "");

    private static string Perplexity(double value) => Number(value, value < 1000 ? "F3" : "F0");

    private static string Mebibytes(long bytes) => Number(bytes / (1024.0 * 1024.0), "F2");
}

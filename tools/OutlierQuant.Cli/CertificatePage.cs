using System.Globalization;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Interventions;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints a certificate on a page: the verdict, the criteria, and the evidence of each group of coordinates.</summary>
internal static class CertificatePage
{
    private const int MostCoordinates = 8;

    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints everything.</summary>
    public static void Show(Certificate certificate, UserConsole console)
    {
        TextWriter output = console.Output;
        CalibrationText first = certificate.Texts[0];
        output.WriteLine($"Certificate of input-independence: {certificate.Model.Name} ({certificate.Model.Architecture}, fingerprint {certificate.Model.Sha256[..12]})");
        output.WriteLine($"{string.Join(", ", certificate.Texts.Select(text => $"{text.Source} ({text.Windows} of {text.WindowsInText} windows)"))}, windows of {first.Context} tokens, seed {certificate.Seed}");
        output.WriteLine();
        output.WriteLine(certificate.Verdict);
        foreach (string note in certificate.Notes)
        {
            output.WriteLine("· " + note);
        }

        foreach (CertifiedTarget target in certificate.Targets)
        {
            output.WriteLine();
            Show(target, console);
        }
    }

    private static void Show(CertifiedTarget target, UserConsole console)
    {
        string title = target.Kind switch
        {
            TargetKind.Bos => "With BOS, at BOS: constant by causality, no evidence",
            TargetKind.BesideBos => "With BOS, at other tokens",
            _ => "Without BOS",
        };
        console.Output.WriteLine($"── {title}. {(target.IsMassive ? "Massive" : "Strongest candidates")} at block {target.Block}: {target.Reason}");
        ShowCriteria(target, console);
        ShowValues(target, console);
        ShowAgreement(target, console);
        VectorAgreement next = target.Vectors[0];
        console.Output.WriteLine($"Vectors {(next.Block == target.Values[0].ByBlock.Count ? "after the final norm" : $"read by block {next.Block}")}: cosine {Number(next.AtMassive, "F3")} at {Tables.Count(next.MassiveTokens)} massive tokens ({Number(next.AtMassiveEverywhere, "F3")} with shuffled and random ones), {Number(next.Elsewhere, "F3")} at {Tables.Count(next.OtherTokens)} others.");
        UpdateConstancy updates = target.Updates;
        console.Output.WriteLine(updates.HeadsTested == 0
            ? "Value updates: no head after this block could be tested."
            : $"Value updates: B {Number(updates.MedianConstancy, "F3")} (median of {updates.HeadsTested} heads), random sources {Number(updates.MedianNull, "F3")}; steadier than 95 % of them in {Percent(updates.SteadyShare)} of the heads ({updates.Windows} windows, {updates.Draws} draws). By block: {string.Join(", ", updates.Heads.GroupBy(head => head.Block).Select(ByBlock))}");
        ShowInterventions(target.Interventions, console);
    }

    private static void ShowCriteria(CertifiedTarget target, UserConsole console)
    {
        if (target.Causality is { } causality)
        {
            console.Output.WriteLine(string.Create(Culture, $"Check of the computation: over {causality.Windows} windows the largest coefficient of variation is {causality.LargestVariation ?? 0:0.##e0}; {(causality.Holds ? "nothing but rounding, as it must be" : "more than rounding")}."));
            return;
        }

        Table table = Tables.Create("<criterion", "value", "yes from", "no beyond", "<says", "<which is the");
        foreach (Criterion criterion in target.Criteria)
        {
            Tables.AddRow(table, criterion.Name, Number(criterion.Value, "F3"), Number(criterion.YesAt, "G3"), Number(criterion.NoAt, "G3"), Word(criterion.Outcome), criterion.Measure);
        }

        console.Write(table);
    }

    private static void ShowValues(CertifiedTarget target, UserConsole console)
    {
        // Of what is constant everywhere, one column says all.
        IReadOnlyList<string> sources = target.IsEvidence ? [.. target.Values[0].BySource.Select(source => source.Source)] : [];
        Table table = Tables.Create(["channel", "<token class", "mean", "std", "CV", "holds in", "entries", "their CV", .. sources]);
        foreach (CoordinateVariation value in target.Values.Take(MostCoordinates))
        {
            Tables.AddRow(
                table,
                [
                    value.Coordinate.Channel.ToString(Culture), value.Coordinate.TokenClass.ToString().ToLowerInvariant(), Number(value.OnTexts.Mean, "F1"), Number(value.OnTexts.StandardDeviation, "G3"),
                    Percent(value.OnTexts.CoefficientOfVariation), Percent(value.HoldShare), Tables.Count(value.Entries.Count), Percent(value.Entries.CoefficientOfVariation), .. value.BySource.Take(sources.Count).Select(source => source.Value.Count == 0 ? "" : string.Create(Culture, $"{source.Value.Mean:F1} ± {source.Value.StandardDeviation:G3}")),
                ]);
        }

        console.Write(table);
        if (target.Values.Count > MostCoordinates)
        {
            console.Output.WriteLine($"{target.Values.Count - MostCoordinates} more coordinates are in the json.");
        }
    }

    private static void ShowAgreement(CertifiedTarget target, UserConsole console)
    {
        string[] names = [.. target.Sources.Select(source => source.Source)];
        Table table = Tables.Create(["<Jaccard index of coordinates", .. names[1..], "<found by itself"]);
        foreach ((int row, SourceCoordinates source) in target.Sources.Index())
        {
            string found = string.Join(", ", source.Coordinates.Take(MostCoordinates).Select(coordinate => $"{coordinate.Channel} {coordinate.TokenClass.ToString().ToLowerInvariant()}"));
            Tables.AddRow(
                table,
                [
                    source.Source,
                    .. names.Index().Skip(1).Select(column => column.Index <= row ? "" : Number(target.Agreement.Single(pair => pair.First == source.Source && pair.Second == column.Item).Jaccard, "F2")),
                    source.Coordinates.Count == 0 ? "none" : source.Coordinates.Count > MostCoordinates ? found + ", …" : found,
                ]);
        }

        console.Write(table);
    }

    private static void ShowInterventions(InterventionEvidence evidence, UserConsole console)
    {
        console.Output.WriteLine(string.Create(Culture, $"Interventions on {evidence.Source} ({evidence.Windows} windows, untouched perplexity {evidence.Perplexity:F2}; 95 % by {evidence.Resamples} paired resamples of windows):"));
        console.Output.WriteLine(string.Join("; ", evidence.Arms.Select(arm => string.Create(Culture, $"{Name(arm.Intervention, evidence)} ×{arm.Ratio:F4} ({Signed(arm.DeltaNll)} nats{(arm.DeltaNllCi95 is { } interval ? $", {Signed(interval.Low)} to {Signed(interval.High)}" : "")})"))));
    }

    private static string Name(Intervention intervention, InterventionEvidence evidence) => intervention switch
    {
        Intervention.Zero => "zero",
        Intervention.Mean => $"mean of {evidence.MeansFrom}",
        Intervention.ZeroMedian => "as many median values to zero",
        _ => "as many random values to zero",
    };

    private static string ByBlock(IGrouping<int, HeadConstancy> block)
    {
        HeadConstancy[] tested = [.. block.Where(head => head.Quantile is not null)];
        return tested.Length == 0 ? $"{block.Key} –" : $"{block.Key} {tested.Count(head => head.Quantile <= UpdateConstancy.Steady)}/{tested.Length}";
    }

    private static string Word(CriterionOutcome outcome) => outcome switch
    {
        CriterionOutcome.Yes => "yes",
        CriterionOutcome.Between => "between",
        CriterionOutcome.No => "no",
        _ => "cannot tell",
    };

    private static string Signed(double value) => value.ToString("+0.0000;−0.0000;0.0000", Culture);

    private static string Number(double? value, string format) => value?.ToString(format, Culture) ?? "–";

    private static string Percent(double? share) => share is { } known ? Tables.Percent(known) : "–";
}

using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Eval.Reports;

/// <summary>What folding did to the ranges of linear inputs and block outputs.</summary>
internal static class FoldSection
{
    public static void Draw(Markup page, FoldReport report)
    {
        page.Line($"<section id=\"fold\"><h2>Before and after the fold</h2>");
        page.Line($"<p>Prefix {report.Fold.ToString()!}: a {Definitions.Of("fold", "fold")} takes its tokens out of the stream. {Definitions.Of("scale", "Static scales")} follow the largest magnitude, drawn before (open) and after (filled) on a log scale.</p><figure>");
        RangeFigure.Draw(page, [.. report.BlockOutputs.Select(change => ($"output of block {change.Block}", change)), .. report.Inputs.Select(change => (NameOf(change), change))]);
        page.Line($"</figure>");
        ReportTable.Draw(
            page,
            1,
            ["tensor", "largest before", "largest after", Definitions.Of("scale", "int8 scale before"), "int8 scale after", "finer by"],
            report.BlockOutputs.Select(change => Row($"output of block {change.Block}", change)).Concat(report.Inputs.Select(change => Row(NameOf(change), change))));
        page.Line($"</section>");
    }

    private static string?[] Row(string name, ScaleChange change) =>
        [name, NumberText.Short(change.AbsMaxBefore), NumberText.Short(change.AbsMaxAfter), NumberText.Short(change.ScaleBefore), NumberText.Short(change.ScaleAfter), NumberText.Ratio(change.Ratio)];

    /// <summary>The first linear that reads the input, and how many others do.</summary>
    private static string NameOf(ScaleChange change) => $"input of {change.Linears[0]}{(change.Linears.Count > 1 ? $" and {change.Linears.Count - 1} more" : "")}";
}

using OutlierQuant.Eval.Certification;

namespace OutlierQuant.Eval.Reports;

/// <summary>Whether massive values are constants that do not depend on the text.</summary>
internal static class CertificateSection
{
    public static void Draw(Markup page, Certificate certificate)
    {
        page.Line($"<section id=\"certificate\"><h2>Certificate of input-independence</h2>");
        SectionText.Sentences(page, [certificate.Verdict, .. certificate.Notes]);
        foreach (var target in certificate.Targets)
        {
            DrawTarget(page, target);
        }

        page.Line($"</section>");
    }

    private static void DrawTarget(Markup page, CertifiedTarget target)
    {
        page.Line($"<h3>{Title(target.Kind)}: block {target.Block}{(target.IsEvidence ? "" : ", constant by causality, no evidence")}</h3><p>{target.Reason}</p>");
        if (target.Criteria.Count > 0)
        {
            ReportTable.Draw(
                page,
                2,
                ["criterion", "measure", "value", "yes at", "no at", "outcome"],
                target.Criteria.Select(criterion => (string?[])[criterion.Name, criterion.Measure, SectionText.Short(criterion.Value), NumberText.Short(criterion.YesAt), NumberText.Short(criterion.NoAt), SectionText.Words(criterion.Outcome)]));
        }

        if (target.Values.Count > 0)
        {
            ReportTable.Draw(
                page,
                1,
                [Definitions.Of("coordinate", "coordinate"), "values", "mean", "standard deviation", Definitions.Of("cv", "coefficient of variation"), "all massive entries", "windows that hold it"],
                target.Values.Select(value => (string?[])
                [
                    $"channel {value.Coordinate.Channel} at {SectionText.Words(value.Coordinate.TokenClass)}", NumberText.Count(value.OnTexts.Count), NumberText.Short(value.OnTexts.Mean), NumberText.Short(value.OnTexts.StandardDeviation),
                    SectionText.Short(value.OnTexts.CoefficientOfVariation), SectionText.Short(value.Entries.CoefficientOfVariation), SectionText.Percent(value.HoldShare),
                ]));
        }

        ReportTable.Draw(page, 2, ["source", "other source", Definitions.Of("jaccard", "Jaccard")], target.Agreement.Select(pair => (string?[])[pair.First, pair.Second, SectionText.Short(pair.Jaccard)]));
        if (target.Updates.MedianConstancy is { } constancy)
        {
            page.Line($"<p>{Definitions.Of("constancy", "Constancy of the value update")}: median over {target.Updates.HeadsTested} heads {NumberText.Short(constancy)}, null {SectionText.Short(target.Updates.MedianNull) ?? "none"} ({target.Updates.Draws} draws of random source tokens); {SectionText.Percent(target.Updates.SteadyShare) ?? "none"} of the heads are steadier than 95 % of their draws.</p>");
        }

        var interventions = target.Interventions;
        page.Line($"<p>Interventions on {interventions.Windows} windows of {interventions.Source}, constants from {interventions.MeansFrom}, untouched perplexity {NumberText.Short(interventions.Perplexity)}, intervals from {interventions.Resamples} resamples of windows.</p>");
        ReportTable.Draw(
            page,
            1,
            ["intervention", "values changed", Definitions.Of("perplexity", "perplexity"), Definitions.Of("ratio", "ratio"), Definitions.Of("delta", "Δ nll")],
            interventions.Arms.Select(arm => (string?[])[SectionText.Words(arm.Intervention), NumberText.Count(arm.EntriesChanged), NumberText.Short(arm.Perplexity), NumberText.Ratio(arm.Ratio), SectionText.Difference(arm.DeltaNll, arm.DeltaNllCi95)]));
    }

    private static string Title(TargetKind kind)
    {
        var words = SectionText.Words(kind);
        return words == "BOS" ? "at BOS" : words;
    }
}

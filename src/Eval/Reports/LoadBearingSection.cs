using OutlierQuant.Eval.Interventions;

namespace OutlierQuant.Eval.Reports;

/// <summary>Whether the massive values carry load when later blocks cannot write them again.</summary>
internal static class LoadBearingSection
{
    public static void Draw(Markup page, LoadBearingResult result)
    {
        page.Line($"<section id=\"load\"><h2>Load-bearing test: {SectionText.Words(result.Verdict)}</h2>");
        SectionText.Sentences(page, result.Sentences);
        page.Line($"<p>{Definitions.Of("rewrite", "Rewrite ratio")}: {SectionText.Short(result.RewriteRatio) ?? "none"}. Zeroed once, later blocks write {SectionText.Percent(result.Restored) ?? "an unknown share"} of the strongest value again. {result.Companions.Count} {Definitions.Of("companion", result.Companions.Count == 1 ? "companion" : "companions")}.</p>");
        ReportTable.Draw(
            page,
            2,
            ["set to zero", Definitions.Of("held", "when"), "values changed", Definitions.Of("perplexity", "perplexity"), Definitions.Of("ratio", "ratio"), Definitions.Of("delta", "Δ nll")],
            result.Arms.Select(arm => (string?[])[arm.WithCompanions ? "strict coordinates and companions" : "strict coordinates", arm.Held ? "held at every later block" : "once", NumberText.Count(arm.EntriesChanged), .. SectionText.Score(arm.Score)]));
        page.Line($"</section>");
    }
}

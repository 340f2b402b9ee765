using OutlierQuant.Checkpoints;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Interventions;

namespace OutlierQuant.Eval.Reports;

/// <summary>Writes what was found about a model as one html file that needs nothing else: no scripts, no fonts, no network.</summary>
public static class HtmlReport
{
    /// <summary>The sentences of a comparison that the summary has: the perplexity, the massive values, what rounding destroys, and the first arm that preserving saves. The others are beside the arms.</summary>
    private const int StorySentences = 4;

    /// <summary>The sentences on interventions that it has, behind the first, which says what was changed: whether the values are needed, and whether constants do as well.</summary>
    private const int InterventionSentences = 2;

    /// <summary>Writes the report, whole or not at all. The same content gives the same bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="content">What to show.</param>
    public static void Write(string path, ReportContent content) => AtomicFile.WriteAllText(path, Render(content));

    /// <summary>Returns the report as a text that is both html and well-formed xml.</summary>
    /// <param name="content">What to show.</param>
    public static string Render(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var page = new Markup();
        var model = content.Profile.Model;
        page.Line($"<!DOCTYPE html>");
        page.Line($"<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><meta name=\"color-scheme\" content=\"light dark\"/>");
        page.Line($"<title>{model.Name}: massive activations and quantization</title>");
        page.Raw("<style>\n").Raw(ReportStyle.Css).Raw("</style></head>\n<body><main>\n");
        page.Line($"<header><p class=\"brand\">OutlierQuant</p><h1>{model.Name}</h1><p class=\"facts\">{model.Architecture}, {content.Profile.Blocks.Count} blocks, {NumberText.Millions(model.Parameters)} parameters</p></header>");
        ReportSection[] sections = [.. SectionsOf(content)];
        page.Line($"<nav>");
        foreach (var section in sections)
        {
            page.Line($"<a href=\"#{section.Id}\">{section.Name}</a>");
        }

        page.Line($"</nav>");
        foreach (var section in sections)
        {
            section.Draw(page);
        }

        page.Line($"</main></body></html>");
        return page.ToString();
    }

    /// <summary>Lists the sections of the parts that there are, in their order.</summary>
    private static IEnumerable<ReportSection> SectionsOf(ReportContent content)
    {
        ReportSection?[] sections =
        [
            new("story", "Summary", page => DrawStory(page, content)),
            new("magnitudes", "Magnitudes", page => DrawMagnitudes(page, content)),
            ReportSection.Of("sample", "Inside a block", content.Sample, DrawSample),
            ReportSection.Of("certificate", "Certificate", content.Certificate, CertificateSection.Draw),
            ReportSection.Of("attention", "Attention", content.Attention, AttentionSection.Draw),
            ReportSection.Of("trace", "Trace", content.Trace, TraceSection.Draw),
            ReportSection.Of("interventions", "Interventions", content.Interventions is { Arms.Count: > 0 } interventions ? interventions : null, DrawInterventions),
            ReportSection.Of("load", "Load-bearing test", content.Interventions?.LoadBearing, LoadBearingSection.Draw),
            ReportSection.Of("forecast", "Forecast", content.Forecast, ForecastSection.Draw),
            ReportSection.Of("comparison", "Arms", content.Comparison, DrawComparison),
            ReportSection.Of("fold", "Fold", content.Comparison?.Fold, FoldSection.Draw),
            new("method", "Method", page => DrawMethod(page, content)),
            new("definitions", "Definitions", Definitions.Draw),
        ];
        return sections.OfType<ReportSection>();
    }

    private static void DrawStory(Markup page, ReportContent content)
    {
        page.Line($"<section id=\"story\"><h2>What happened on this model</h2>");
        DrawTiles(page, content.Comparison);
        IEnumerable<string?> sentences =
        [
            .. content.Comparison?.Verdict.Take(StorySentences) ?? [content.Profile.Verdict],
            .. content.Interventions?.Verdict.Skip(1).Take(InterventionSentences) ?? [],
            content.Certificate?.Verdict,
            content.Attention?.Verdict[0],
            content.Trace?.Verdict[0],
        ];
        SectionText.Sentences(page, sentences.OfType<string>());
        page.Line($"</section>");
    }

    /// <summary>Shows the baseline beside the worst naive arm and what each preservation makes of it.</summary>
    private static void DrawTiles(Markup page, ComparisonResult? comparison)
    {
        if (comparison?.Arms.Where(arm => arm.Preserve == "none").MaxBy(arm => Headline(comparison, arm)) is not { } naive)
        {
            return;
        }

        page.Line($"<div class=\"tiles\"><div class=\"tile\"><span class=\"what\">full precision</span><span class=\"figure\">{NumberText.Short(comparison.Baseline.Perplexity)}</span><span class=\"what\">perplexity</span></div>");
        foreach (var arm in comparison.Arms.Where(arm => arm.Scheme == naive.Scheme))
        {
            page.Line($"<div class=\"tile\"><span class=\"what\">{arm.Scheme}</span><span class=\"figure {ReportStyle.ClassOf(arm.Preserve)}\">{NumberText.Ratio(arm.Ratio)}</span><span class=\"what\"><span class=\"key {ReportStyle.ClassOf(arm.Preserve)}\"></span>{Explain(arm)}</span></div>");
        }

        page.Line($"</div>");
    }

    /// <summary>Prefers the destroyed arm of which preserving brings back the largest share, which tells the story best, and without any the worst arm.</summary>
    private static (double Share, double DeltaNll) Headline(ComparisonResult comparison, ArmResult naive)
    {
        var preserved = comparison.Arms.Where(arm => arm.Scheme == naive.Scheme && arm.Preserve == "channels").Select(arm => arm.DeltaNll).DefaultIfEmpty(naive.DeltaNll).Min();
        return (ComparisonVerdict.IsDestroyed(naive) ? (naive.DeltaNll - preserved) / naive.DeltaNll : -1, naive.DeltaNll);
    }

    private static string Explain(ArmResult arm) => arm.Preserve switch
    {
        "none" => "nothing preserved",
        "channels" => "channels preserved",
        "clip" => "clipped instead",
        "mean" => "constants instead",
        "fold" => "prefix folded",
        "fold+channels" => "folded, channels preserved",
        _ => arm.Preserve,
    };

    private static void DrawMagnitudes(Markup page, ReportContent content)
    {
        page.Line($"<section id=\"magnitudes\"><h2>Magnitudes block by block</h2>");
        page.Line($"<p>The three strongest {Definitions.Of("coordinate", "coordinates")} (a channel at a kind of token) of each block's output, and the {Definitions.Of("median", "median")} magnitude of all its values. {Definitions.Of("onset", "The marked block")}: {content.Profile.Onset.Reason}.</p>");
        page.Line($"<figure>");
        MagnitudeFigure.Draw(page, content.Profile.Blocks, content.Profile.Onset);
        page.Line($"</figure></section>");
    }

    private static void DrawSample(Markup page, BlockSample sample)
    {
        page.Line($"<section id=\"sample\"><h2>Inside block {sample.Block}</h2>");
        page.Line($"<p>A relief to true scale: tokens to the right, channels to the back, those with {Definitions.Of("massive", "massive")} or candidate values bold.</p><figure>");
        ReliefFigure.Draw(page, sample);
        page.Line($"</figure>");
        page.Line($"<p>The same tokens against the channels around the strongest ones (bold). Colour shows the magnitude on a log scale; the bars show, to true scale, how far one token stands out.</p>");
        page.Line($"<figure>");
        BlockFigure.Draw(page, sample);
        page.Line($"</figure></section>");
    }

    private static void DrawInterventions(Markup page, InterventionResult interventions)
    {
        var group = $"block {interventions.Block}";
        page.Line($"<section id=\"interventions\"><h2>Are the values needed?</h2>");
        SectionText.Sentences(page, interventions.Verdict);
        page.Line($"<p>The same values changed at the output of block {interventions.Block}, once, and the perplexity that results. The last two are controls: as many other values of the same tokens.</p>");
        page.Line($"<figure>");
        RatioFigure.Draw(page, "interventions", "Perplexity under interventions", "the untouched model", [.. interventions.Arms.Select(arm =>
        {
            var (label, colour) = arm.Intervention switch
            {
                Intervention.Zero => ("zero", "none"),
                Intervention.Mean => ("mean", "mean"),
                Intervention.Clip => ("clip", "clip"),
                Intervention.ZeroRandom => ("random", "control"),
                _ => ("median", "control"),
            };
            return new RatioRow(colour == "control" ? "zeroed controls" : group, label, colour, arm.Ratio, SectionText.Exponentiate(arm.DeltaNllCi95));
        })]);
        page.Line($"</figure></section>");
    }

    private static void DrawComparison(Markup page, ComparisonResult comparison)
    {
        page.Line($"<section id=\"comparison\"><h2>Naive beside preserving</h2>");
        if (comparison.Verdict.Count > StorySentences)
        {
            SectionText.Sentences(page, comparison.Verdict.Skip(StorySentences));
        }

        page.Line($"<p class=\"legend\"><span><span class=\"key none\"></span>none: every value is rounded</span><span><span class=\"key channels\"></span>channels: a few channels stay in float</span><span><span class=\"key clip\"></span>clip: those channels are clipped to the range of the rest</span><span><span class=\"key mean\"></span>mean: constants in their place</span>");
        if (comparison.Arms.Any(arm => arm.Preserve.StartsWith("fold", StringComparison.Ordinal)))
        {
            page.Line($"<span><span class=\"key fold\"></span>fold: the prefix is constant keys and values, outside of the stream</span><span><span class=\"key fold-channels\"></span>fold+channels: both</span>");
        }

        page.Line($"</p>");
        page.Line($"<figure>");
        RatioFigure.Draw(page, "comparison", "Perplexity of every arm", "the full-precision model", [.. comparison.Arms.Select(arm =>
            new RatioRow(arm.Scheme, arm.Channels is { } channels ? FormattableString.Invariant($"{arm.Preserve} {channels}") : arm.Preserve, ReportStyle.ClassOf(arm.Preserve), arm.Ratio, SectionText.Exponentiate(arm.DeltaNllCi95)))]);
        page.Line($"</figure>");
        ArmTable.Draw(page, comparison);
        page.Line($"</section>");
    }

    private static void DrawMethod(Markup page, ReportContent content)
    {
        var profile = content.Profile;
        page.Line($"<section class=\"method\" id=\"method\"><h2>How this was measured</h2>");
        foreach (var reason in content.LeftOut)
        {
            page.Line($"<p>Left out: {reason}</p>");
        }

        page.Line($"<p>{Definitions.Of("massive", "Massive activations")}: detector {profile.Detector.Name}, magnitude above {NumberText.Short(profile.Detector.MinMagnitude)} and above {NumberText.Short(profile.Detector.MinRatio)} times the median; {profile.Text.Windows} of {profile.Text.WindowsInText} windows of {profile.Text.Source}, {profile.Text.Context} tokens each, {Bos(profile.Text.Bos)}.</p>");
        if ((content.Comparison?.Baseline ?? content.Interventions?.Baseline) is { } baseline)
        {
            page.Line($"<p>{Definitions.Of("perplexity", "Perplexity")}: protocol {ProtocolName.Of(baseline.Protocol)}, {baseline.WindowsScored} of {baseline.WindowsInText} windows of {baseline.Source}, {baseline.Context} tokens each, {Bos(baseline.Bos)}, {baseline.TokensScored} tokens scored. {Definitions.Of("interval", "Intervals")} are at 95 %, from paired differences clustered by window (Student's t).</p>");
        }

        page.Line($"</section>");
    }

    private static string Bos(bool bos) => bos ? "BOS prepended" : "without BOS";
}

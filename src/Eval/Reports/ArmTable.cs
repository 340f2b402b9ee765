using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Eval.Reports;

/// <summary>Writes the arms of a comparison as a table.</summary>
internal static class ArmTable
{
    public static void Draw(Markup page, ComparisonResult comparison)
    {
        var baseline = comparison.Baseline;
        page.Line($"<div class=\"scroll\"><table>");
        page.Line($"<thead><tr><th>{Definitions.Of("arm", "scheme")}</th><th>{Definitions.Of("preserve", "preserve")}</th><th class=\"n\">channels</th><th class=\"n\">{Definitions.Of("bits", "bits")}</th><th class=\"n\">size</th><th class=\"n\">{Definitions.Of("perplexity", "perplexity")}</th><th class=\"n\">{Definitions.Of("ratio", "ratio")}</th><th class=\"n\">{Definitions.Of("delta", "Δ nll")}</th><th class=\"n\">{Definitions.Of("kl", "KL")}</th><th class=\"n\">{Definitions.Of("top1", "top-1")}</th><th>kernels ({Definitions.Of("fake", "fake")})</th></tr></thead>");
        page.Line($"<tbody>");
        page.Line($"<tr class=\"baseline\"><td>full precision</td><td></td><td></td><td class=\"n\">{NumberText.Short(comparison.BaselineBitsPerWeight)}</td><td class=\"n\">{NumberText.Bytes(comparison.BaselineSizeBytes)}</td><td class=\"n\">{NumberText.Short(baseline.Perplexity)}</td><td class=\"n\">{NumberText.Ratio(1)}</td><td></td><td></td><td></td><td class=\"kernels\">{string.Join(", ", baseline.Kernels)}</td></tr>");
        string? scheme = null;
        foreach (var arm in comparison.Arms)
        {
            var first = arm.Scheme != scheme;
            scheme = arm.Scheme;
            page.Line($"<tr class=\"{(first ? "first" : "further")}\"><td>{(first ? arm.Scheme : "")}</td><td><span class=\"key {ReportStyle.ClassOf(arm.Preserve)}\"></span>{arm.Preserve}</td><td class=\"n\">{DescribeChannels(arm)}</td><td class=\"n\">{NumberText.Short(arm.BitsPerWeight)}</td><td class=\"n\">{NumberText.Bytes(arm.SizeBytes)}</td><td class=\"n\">{NumberText.Short(arm.Perplexity)}</td><td class=\"n\">{NumberText.Ratio(arm.Ratio)}</td><td class=\"n\">{SectionText.Difference(arm.DeltaNll, arm.DeltaNllCi95)}</td><td class=\"n\">{arm.Kl:0.00000}</td><td class=\"n\">{NumberText.Percent(arm.Top1Agreement)}</td><td class=\"kernels\">{DescribeKernels(arm)}</td></tr>");
        }

        page.Line($"</tbody></table></div>");
    }

    private static string DescribeChannels(ArmResult arm) => arm.Preserve is "none" or "fold" ? "" : NumberText.Count(arm.MeanChannels);

    private static string DescribeKernels(ArmResult arm) => string.Join(", ", arm.Kernels) + (arm.FakeQuantized ? " (fake)" : "");
}

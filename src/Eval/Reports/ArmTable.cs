using System.Globalization;
using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Eval.Reports;

/// <summary>Writes the arms of a comparison as a table.</summary>
internal static class ArmTable
{
    public static void Draw(Markup page, ComparisonResult comparison)
    {
        var baseline = comparison.Baseline;
        page.Line($"<p class=\"under\">Bits: stored for one weight. Δ nll: paired difference from the full-precision model in nats per token, with its 95 % interval. KL: mean divergence from it, in nats per token. Top-1: share of tokens where both find the same token likeliest. Channels: mean number preserved. Fake: rounded values carried as floats.</p>");
        page.Line($"<div class=\"scroll\"><table>");
        page.Line($"<thead><tr><th>scheme</th><th>preserve</th><th class=\"n\">channels</th><th class=\"n\">bits</th><th class=\"n\">size</th><th class=\"n\">perplexity</th><th class=\"n\">ratio</th><th class=\"n\">Δ nll</th><th class=\"n\">KL</th><th class=\"n\">top-1</th><th>kernels</th></tr></thead>");
        page.Line($"<tbody>");
        page.Line($"<tr class=\"baseline\"><td>full precision</td><td></td><td></td><td class=\"n\">{NumberText.Short(comparison.BaselineBitsPerWeight)}</td><td class=\"n\">{NumberText.Bytes(comparison.BaselineSizeBytes)}</td><td class=\"n\">{NumberText.Short(baseline.Perplexity)}</td><td class=\"n\">{NumberText.Ratio(1)}</td><td></td><td></td><td></td><td class=\"kernels\">{string.Join(", ", baseline.Kernels)}</td></tr>");
        string? scheme = null;
        foreach (var arm in comparison.Arms)
        {
            var first = arm.Scheme != scheme;
            scheme = arm.Scheme;
            page.Line($"<tr class=\"{(first ? "first" : "further")}\"><td>{(first ? arm.Scheme : "")}</td><td><span class=\"key {ReportStyle.ClassOf(arm.Preserve)}\"></span>{arm.Preserve}</td><td class=\"n\">{DescribeChannels(arm)}</td><td class=\"n\">{NumberText.Short(arm.BitsPerWeight)}</td><td class=\"n\">{NumberText.Bytes(arm.SizeBytes)}</td><td class=\"n\">{NumberText.Short(arm.Perplexity)}</td><td class=\"n\">{NumberText.Ratio(arm.Ratio)}</td><td class=\"n\">{DescribeDifference(arm)}</td><td class=\"n\">{arm.Kl:0.00000}</td><td class=\"n\">{NumberText.Percent(arm.Top1Agreement)}</td><td class=\"kernels\">{DescribeKernels(arm)}</td></tr>");
        }

        page.Line($"</tbody></table></div>");
    }

    private static string DescribeChannels(ArmResult arm) => arm.Preserve is "none" or "fold" ? "" : NumberText.Count(arm.MeanChannels);

    /// <summary>Writes the difference with half of the width of its interval, which is symmetric; alone for a single window.</summary>
    private static string DescribeDifference(ArmResult arm) => arm.DeltaNllCi95 is { } interval
        ? string.Create(CultureInfo.InvariantCulture, $"{NumberText.Signed(arm.DeltaNll)} ± {(interval.High - interval.Low) / 2:0.0000}")
        : NumberText.Signed(arm.DeltaNll);

    private static string DescribeKernels(ArmResult arm) => string.Join(", ", arm.Kernels) + (arm.FakeQuantized ? " (fake)" : "");
}

using System.Xml.Linq;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Reports;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Reports;

public class HtmlReportTests
{
    private const string Hostile = "</svg><script>alert('x')</script>&\"\u0001\uD800\u0085";
    private static readonly string s_text = SampleText.Of(600);

    [Fact]
    public void Render_WholeReport_IsWellFormedAndSelfContained()
    {
        var html = HtmlReport.Render(MakeContent());

        var page = Parse(html);
        Assert.Equal(5, page.Descendants("svg").Count());
        Assert.All(page.Descendants("svg"), svg =>
        {
            Assert.Equal(svg.Attribute("aria-labelledby")!.Value, $"{svg.Element("title")!.Attribute("id")!.Value} {svg.Element("desc")!.Attribute("id")!.Value}");
            Assert.NotEmpty(svg.Element("desc")!.Value);
        });
        Assert.DoesNotContain("http", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(page.Descendants("script"));
        Assert.Empty(page.Descendants().Attributes("src"));
        AssertLinksResolve(page);
        Assert.Contains("prefers-color-scheme: dark", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_EveryArm_IsInTheTableAndInTheFigure()
    {
        var content = MakeContent();

        var page = Parse(HtmlReport.Render(content));

        var rows = page.Descendants("tbody").Single().Elements("tr").ToArray();
        Assert.Equal(content.Comparison!.Arms.Count + 1, rows.Length);
        Assert.Contains("×10.0+2.3026 ± 0.05000.10000", rows[1].Value, StringComparison.Ordinal);
        var bars = page.Descendants("rect").Count(rect => rect.Attribute("class")?.Value.StartsWith("bar ", StringComparison.Ordinal) ?? false);
        Assert.Equal(content.Comparison.Arms.Count + content.Interventions!.Arms.Count, bars);
    }

    [Fact]
    public void Render_ArmsThatFold_HaveTheirOwnColoursAndLegend()
    {
        var content = MakeContent();
        content = content with { Comparison = content.Comparison! with { Arms = [.. content.Comparison.Arms, SampleResult.Arm("w8a4-tensor-static", "fold", 4), SampleResult.Arm("w8a4-tensor-static", "fold+channels", 1.4)] } };

        var page = Parse(HtmlReport.Render(content));

        string[] classes = [.. page.Descendants("rect").Select(rect => rect.Attribute("class")?.Value).OfType<string>()];
        Assert.Contains("bar fold", classes);
        Assert.Contains("bar fold-channels", classes);
        Assert.Contains("fold+channels: both", Legend(page), StringComparison.Ordinal);
        Assert.DoesNotContain("fold: the prefix", Legend(Parse(HtmlReport.Render(MakeContent()))), StringComparison.Ordinal);
    }

    [Fact]
    public void Render_HostileTexts_AreEscaped()
    {
        var content = MakeContent();
        var profile = content.Profile with
        {
            Model = content.Profile.Model with { Name = Hostile },
            Verdict = Hostile,
            Blocks = [.. content.Profile.Blocks.Select(block => block with { Top = [.. block.Top.Select(entry => entry with { Token = Hostile })] })],
        };
        content = content with
        {
            Profile = profile,
            Sample = content.Sample! with { Tokens = [.. content.Sample.Tokens.Select(_ => Hostile)] },
            Comparison = content.Comparison! with { Verdict = [Hostile], Arms = [.. content.Comparison.Arms.Select(arm => arm with { Scheme = Hostile, Kernels = [Hostile] })] },
        };

        var html = HtmlReport.Render(content);

        Assert.Empty(Parse(html).Descendants("script"));
        Assert.Contains("&lt;/svg&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\uFFFD\uFFFD\uFFFD", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Render_ProfileOnly_LeavesTheRestOut()
    {
        var content = new ReportContent { Profile = MakeContent().Profile };

        var page = Parse(HtmlReport.Render(content));

        Assert.Single(page.Descendants("svg"));
        Assert.Empty(page.Descendants("table"));
        Assert.Contains(content.Profile.Verdict, page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_AllArmsBetterThanBaseline_StaysWellFormed()
    {
        var content = MakeContent();
        content = content with { Comparison = content.Comparison! with { Arms = [SampleResult.Arm("w8a16", "none", 0.98) with { DeltaNllCi95 = null }] } };

        var html = HtmlReport.Render(content);

        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", html, StringComparison.Ordinal);
        Assert.Contains("−0.0202", Parse(html).Descendants("tbody").Single().Value, StringComparison.Ordinal);
        Assert.DoesNotContain("±", Parse(html).Descendants("tbody").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_SameContentTwice_GivesTheSameBytes()
    {
        using var directory = new TemporaryDirectory();
        var content = MakeContent();

        HtmlReport.Write(directory.File("a.html"), content);
        HtmlReport.Write(directory.File("b.html"), content);

        Assert.Equal(File.ReadAllBytes(directory.File("a.html")), File.ReadAllBytes(directory.File("b.html")));
        Assert.Equal(2, directory.Names.Count);
    }

    [Fact]
    public void ChooseChannels_MassiveAtTheEdges_FillsTheRoomOnce()
    {
        var channels = BlockSampler.ChooseChannels([0, 255, 41], 256);

        Assert.Equal(28, channels.Length);
        Assert.Equal(channels.Order().Distinct(), channels);
        Assert.Superset(new HashSet<int> { 0, 1, 2, 39, 40, 41, 42, 43, 253, 254, 255 }, channels.ToHashSet());
        Assert.Equal([0, 1, 2, 3], BlockSampler.ChooseChannels([1], 4));
    }

    private static ReportContent MakeContent()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text.txt", 32, 2);
        int[] window = [0, .. model.Tokenizer.Encode(s_text[..31])];
        ArmResult[] arms =
        [
            SampleResult.Arm("w8a4-tensor-static", "none", 10), SampleResult.Arm("w8a4-tensor-static", "channels", 1.5),
            SampleResult.Arm("w8a4-tensor-static", "clip", 4), SampleResult.Arm("residual-int4@0", "none", 2000), SampleResult.Arm("w8a16", "none", 1.001),
        ];
        var comparison = new ComparisonResult
        {
            Model = "random",
            Calibration = profile.Text,
            Baseline = SampleResult.Perplexity(50),
            BaselineBitsPerWeight = 32,
            BaselineSizeBytes = 123456,
            Arms = arms,
            Verdict = ["One sentence."],
        };
        return new ReportContent
        {
            Profile = profile,
            Sample = BlockSampler.Take(model.Model, model.Tokenizer, profile, window),
            Comparison = comparison,
            Interventions = InterventionStudy.Run(model.Model, model.Tokenizer, profile, s_text, "text.txt", new() { Text = new() { Context = 32, MaxWindows = 2 } }),
        };
    }

    private static string Legend(XElement page) => page.Descendants("p").Single(p => p.Attribute("class")?.Value == "legend").Value;

    private static void AssertLinksResolve(XElement page)
    {
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(page.Descendants().Attributes("href"), href => Assert.Contains(href.Value[1..], ids));
        Assert.All(page.Descendants().Attributes("href"), href => Assert.StartsWith("#", href.Value, StringComparison.Ordinal));
    }

    private static XElement Parse(string html) => XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
}

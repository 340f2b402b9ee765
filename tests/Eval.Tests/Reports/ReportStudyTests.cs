using System.Diagnostics;
using System.Xml.Linq;
using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Reports;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Reports;

/// <summary>The whole report of a random model, with every study.</summary>
public class ReportStudyTests
{
    private static readonly string[] s_sections =
        ["story", "magnitudes", "sample", "certificate", "attention", "trace", "interventions", "load", "forecast", "comparison", "fold", "method", "definitions"];

    private static readonly Lazy<(ReportContent Content, string[] Studies)> s_study = new(() => MakeContent(null));

    [Fact]
    public void Run_EveryStudy_FillsEveryPart()
    {
        var (content, studies) = s_study.Value;

        Assert.Equal(6, studies.Length);
        Assert.Equal(["calibration.txt", "text.txt"], content.Certificate!.Texts.Select(text => text.Source));
        Assert.Equal("text.txt", content.Attention!.Source);
        Assert.NotNull(content.Interventions!.LoadBearing);
        Assert.Equal("text.txt", content.Forecast!.MeasuredOn);
        Assert.NotNull(content.Comparison!.Fold);
    }

    [Fact]
    public void Render_EveryStudy_HasEverySectionFigureAndDefinition()
    {
        var html = HtmlReport.Render(s_study.Value.Content);

        var page = XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
        Assert.Equal(s_sections, page.Descendants("section").Select(section => section.Attribute("id")!.Value));
        Assert.Equal(s_sections, page.Descendants("nav").Elements("a").Select(link => link.Attribute("href")!.Value[1..]));
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(page.Descendants().Attributes("href"), href => Assert.Contains(href.Value[1..], ids));
        string[] figures = [.. page.Descendants("svg").Select(svg => svg.Element("title")!.Attribute("id")!.Value)];
        Assert.Superset(
            new HashSet<string> { "magnitudes-title", "relief-title", "block-title", "heads-title", "block-maps-title", "head-maps-title", "scores-title", "interventions-title", "forecast-title", "comparison-title", "ranges-title" },
            figures.ToHashSet());
        Assert.All(page.Descendants("svg"), svg => Assert.Contains(svg.Descendants(), element => element.Name.LocalName is "rect" or "path" or "circle" or "polyline"));
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
        Assert.All(page.Descendants("tbody").Elements("tr"), row => Assert.Equal(row.Parent!.Parent!.Element("thead")!.Descendants("th").Count(), row.Elements("td").Count()));
        Assert.All(page.Descendants("dt"), term => Assert.Contains(page.Descendants("a"), link => link.Attribute("href")!.Value == "#" + term.Attribute("id")!.Value));
    }

    [Theory]
    [InlineData(AttentionVariant.Bias, NormPlacement.Pre, "attention", "The model was trained with constant keys before the tokens (bias)")]
    [InlineData(AttentionVariant.Default, NormPlacement.Post, "trace", "The model has post norms")]
    public void Run_ModelThatAStudyCannotLookAt_LeavesItOutAndSaysWhy(AttentionVariant attention, NormPlacement norm, string section, string reason)
    {
        var checkpoint = new RandomCheckpoint { Architecture = "OutlierQuantLlamaForCausalLM", Variant = ModelVariant.Plain with { Attention = attention, Norm = norm } };

        var (content, studies) = MakeContent(checkpoint);
        var html = HtmlReport.Render(content);

        Assert.Equal(5, studies.Length);
        Assert.StartsWith(reason, Assert.Single(content.LeftOut), StringComparison.Ordinal);
        Assert.Contains($"<p>Left out: {reason}", html, StringComparison.Ordinal);
        var page = XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
        Assert.Equal(s_sections.Where(id => id != section), page.Descendants("section").Select(found => found.Attribute("id")!.Value));
    }

    [BrowserFact]
    public async Task Write_OpenedInABrowser_HasNoErrorAndEveryFigureHasASize()
    {
        using var directory = new TemporaryDirectory();
        var html = HtmlReport.Render(s_study.Value.Content);

        // The report has no script of its own: one is added that counts what the browser drew, and writes down errors.
        const string Script = """
            <script>window.problems = []; window.onerror = message => problems.push(message); document.addEventListener('securitypolicyviolation', event => problems.push(event.blockedURI));
            window.onload = () => { const drawn = [...document.querySelectorAll('svg')].map(figure => figure.getBoundingClientRect()).filter(box => box.width > 300 &amp;&amp; box.height > 40);
            const dark = matchMedia('(prefers-color-scheme: dark)').matches;
            document.body.append(`drawn=${drawn.length} of ${document.querySelectorAll('svg').length}; problems=${problems.length}; wide=${document.documentElement.scrollWidth > innerWidth}; dark=${dark}; ground=${getComputedStyle(document.body).backgroundColor}`); };</script></body>
            """;
        await File.WriteAllTextAsync(directory.File("report.html"), html.Replace("</body>", Script.Replace("&amp;", "&", StringComparison.Ordinal), StringComparison.Ordinal));

        var light = await Open(directory.File("report.html"), directory.Path);
        var dark = await Open(directory.File("report.html"), directory.Path, "--blink-settings=preferredColorScheme=0");

        var figures = html.Split("<svg ").Length - 1;
        Assert.Contains($"drawn={figures} of {figures}; problems=0; wide=false; dark=false; ground=rgb(251, 250, 248)", light, StringComparison.Ordinal);
        Assert.Contains($"drawn={figures} of {figures}; problems=0; wide=false; dark=true; ground=rgb(20, 23, 29)", dark, StringComparison.Ordinal);
    }

    private static async Task<string> Open(string file, string directory, params string[] options)
    {
        using var process = Process.Start(new ProcessStartInfo(
            BrowserFactAttribute.Browser!,
            ["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={Path.Combine(directory, "browser")}", "--window-size=1150,900", "--virtual-time-budget=5000", "--dump-dom", .. options, $"file://{file}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var page = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return page;
    }

    private static (ReportContent Content, string[] Studies) MakeContent(RandomCheckpoint? checkpoint)
    {
        using var model = EvaluatedModel.Random(checkpoint);
        var calibration = SampleText.Of(900)[300..];
        var text = SampleText.Of(600);
        var profile = model.Calibrate(calibration, "calibration.txt", 32, 2);
        var set = TextWindows.Cut(model.Tokenizer, calibration, "calibration.txt", 32, true, 2);
        var studies = new List<string>();
        var content = ReportStudy.Run(model.Model, model.Tokenizer, profile, new CertificationText("calibration.txt", calibration), new CertificationText("text.txt", text), new ReportOptions
        {
            Arms = ArmSpecification.ParseList("w8a8-tensor-static,w8a8-tensor-static:fold,residual-int8@0:channels"),
            Folded = FoldedCalibrator.Run(model.Model, model.Tokenizer, set, new DetectorOptions(), new FoldOptions(), profile),
            Text = new PerplexityOptions { Context = 32, Bos = true, MaxWindows = 2 },
            StudyStarts = studies.Add,
        });
        return (content, [.. studies]);
    }
}

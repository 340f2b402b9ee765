using System.Xml.Linq;
using OutlierQuant.Testing;
using OutlierQuant.Training.Figures;
using OutlierQuant.Training.Measuring;
using OutlierQuant.Training.Runs;
using Xunit;

namespace OutlierQuant.Training.Tests.Figures;

public sealed class TrainingFiguresTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Write_TwoRuns_HasACurveAndALegendForEachInEveryFigure()
    {
        using TemporaryDirectory directory = new();

        IReadOnlyList<string> files = TrainingFigures.Write([("plain <&>", Run(null)), ("bias", Run(0.5))], directory.Path);

        Assert.Equal(TrainingFigures.Names.Select(name => directory.File(name + ".svg")), files);
        foreach (string file in files)
        {
            // "plain" has no explicit sink, so no curve of it. Each curve is drawn twice: in the plot and in the legend.
            XElement root = XDocument.Load(file).Root!;
            string[] expected = file.Contains("explicit", StringComparison.Ordinal) ? ["bias"] : ["plain <&>", "bias"];
            Assert.Equal(2 * expected.Length, root.Elements(Svg + "polyline").Count());
            Assert.All(expected, name => Assert.Contains(root.Elements(Svg + "text"), text => text.Value == name));
            Assert.DoesNotContain("NaN", root.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Draw_HandWorkedRun_PutsPointsWhereTheirValuesAre()
    {
        // Tokens 0 to 2 million over a width of 470 from 70 on; shares 0 to 0.5, where the axis ends that holds the largest, over a height of 270 from 314 up.
        XElement root = XDocument.Parse(TrainingFigures.Draw("sink-first-token", [("run", Run(null))])!).Root!;

        Assert.Equal("70,314 305,179 540,44", root.Elements(Svg + "polyline").First().Attribute("points")!.Value);
    }

    [Fact]
    public void Draw_RunsThatDifferInNothingElse_DifferInColourAndDashes()
    {
        XElement root = XDocument.Parse(TrainingFigures.Draw("ratio", [.. Enumerable.Range(0, 8).Select(i => ($"{i}", Run(null)))])!).Root!;

        Assert.Equal(8, root.Elements(Svg + "polyline").Select(line => (line.Attribute("stroke")!.Value, line.Attribute("stroke-dasharray")!.Value)).Distinct().Count());
        Assert.Equal(8, root.Elements(Svg + "polyline").Select(line => line.Attribute("stroke")!.Value).Distinct().Count());
    }

    [Fact]
    public void Draw_NothingToShow_IsNull() => Assert.Null(TrainingFigures.Draw("sink-explicit", [("plain", Run(null))]));

    [Theory]
    [InlineData(0, 5, false, "0 1 2 3 4 5")]
    [InlineData(3.9, 4.32, false, "3.9 4 4.1 4.2 4.3")]
    [InlineData(0, 5.65, false, "0 1 2 3 4 5")]
    [InlineData(3, 70, true, "5 10 20 50")]
    [InlineData(8, 20_000, true, "10 100 1,000 10,000")]
    [InlineData(2, 2, false, "1.6 1.8 2 2.2 2.4")]
    public void Ticks_AnyRange_AreRound(double from, double to, bool isLogarithmic, string labels) =>
        Assert.Equal(labels, string.Join(' ', new Axis([from, to], isLogarithmic).Ticks().Select(tick => tick.Label)));

    private static TrainingHistory Run(double? explicitSink) => new()
    {
        Version = 1,
        Options = new(),
        Text = new("t", 1, 2, 3, ""),
        Validation = new("v", 1, 2, 3, ""),
        Parameters = 1,
        Kernels = "reference",
        Records = [.. Enumerable.Range(0, 3).Select(i => new TrainingRecord
        {
            Step = i,
            Tokens = i * 1_000_000,
            LearningRate = 0,
            Loss = i == 0 ? null : 5 - i,
            ValidationLoss = 5 - i,
            GradientNorm = null,
            LargestGradientNorm = null,
            Ratio = 10 * (i + 1),
            RatioBlock = 0,
            Blocks = [new BlockMeasurement(0, -20 * (i + 1), 0, 1, 2, 10 * (i + 1), 1)],
            FirstToken = new(0.25 * i, 0, [0]),
            ExplicitSink = explicitSink is { } share ? new(share, 0, [share]) : null,
            Weights = new(1, 1, 1, 1, null),
        })],
    };
}

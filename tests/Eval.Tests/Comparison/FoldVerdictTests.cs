using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Comparison;

namespace OutlierQuant.Eval.Tests.Comparison;

public class FoldVerdictTests
{
    private static readonly TopEntry s_bos = new(0, 0, 0, "<s>", TokenClass.Bos, 41, -1208, 121);
    private static readonly TopEntry s_quote = new(3, 17, 3, "\"", TokenClass.Delimiter, 17, 1350, 60.6);

    // 1 − ln r / ln 10 of the lost nats of an arm at ×10: r = 1.5 → 82.4 %, 4 → 39.8 %, 9 → 4.6 %.
    [Theory]
    [InlineData(1.5, "from ×10.0 to ×1.50: 82.4 % of the lost nats came with the folded tokens.")]
    [InlineData(4, "from ×10.0 to ×4.00 and helps: 39.8 % of the lost nats came with the folded tokens, the rest with what is left: 1 of 2 linear inputs keep their scale, because their largest values lie at other tokens; the widest, down.1, still reaches 400.0 (400.0 before).")]
    [InlineData(9, "from ×10.0 to ×9.00 and does not help, because of what is left: 1 of 2 linear inputs keep their scale")]
    public void Describe_StaticArm_SaysWhatFoldingIsWorthAndWhatIsLeft(double ratio, string expected)
    {
        var sentences = Describe(Report(), SampleResult.Arm("w8a4-tensor-static", "none", 10), SampleResult.Arm("w8a4-tensor-static", "fold", ratio));

        Assert.Contains($"w8a4-tensor-static: folding takes it {expected}", sentences[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_BothAndChannelsBesideIt_AreNamed()
    {
        var sentences = Describe(
            Report(),
            SampleResult.Arm("w8a4-tensor-static", "none", 10),
            SampleResult.Arm("w8a4-tensor-static", "channels", 1.6),
            SampleResult.Arm("w8a4-tensor-static", "fold", 4),
            SampleResult.Arm("w8a4-tensor-static", "fold+channels", 1.4));

        Assert.EndsWith(" With 4 channels preserved as well: ×1.40 (channels alone ×1.60).", sentences[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_ResidualArm_LooksAtBlockOutputs()
    {
        var sentences = Describe(Report(), SampleResult.Arm("residual-int4", "none", 10), SampleResult.Arm("residual-int4", "fold", 9));

        Assert.EndsWith("because of what is left: the widest, the output of block 1, still reaches 1,350 (1,650 before).", sentences[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_Stream_NamesWhatLeftAndWhatStays()
    {
        var sentences = Describe(Report());

        Assert.Equal(
            "Folding [<s>] (token id 0) removes -1,208 (×121 the median; channel 41 at '<s>', block 3) from the stream; the largest value that is left is 1,350 (×60.6 the median; channel 17 at '\"', block 7). "
            + "The static scale of 1 of 2 linear inputs and 2 of 2 block outputs becomes finer by 10.0 % or more. Nothing that is left passes sun2024 or prefixquant.",
            Assert.Single(sentences));
        Assert.EndsWith(
            "2 coordinates that are left pass sun2024, 7 outlier tokens prefixquant.",
            Assert.Single(Describe(Report() with { After = new StreamFindings(2, s_quote, 7, 7, 70, 1, 5) })), StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_LargestValueAtAnotherToken_SaysThatItStays()
    {
        var report = Report();
        var before = report.Fold.Before! with { Findings = report.Fold.Before!.Findings with { Largest = s_quote } };

        Assert.StartsWith(
            "Folding [<s>] (token id 0) leaves the largest value of the stream, which is at another token: 1,350 (×60.6 the median; channel 17 at '\"', block 7). ",
            Assert.Single(Describe(report with { Fold = report.Fold with { Before = before } })), StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_Search_SaysWhatItTriedAndWhyItEnded()
    {
        FoldSearchStep step = new([new(0, "<s>")], 12, []);
        var report = Report();
        report = report with { Fold = report.Fold with { Search = new FoldSearchResult(8, [step, step], step, false, "nothing halves it") } };

        Assert.Equal("The prefix was searched for: 2 tried on 8 windows, 12 tokens with massive values left behind [<s>] (token id 0); nothing halves it.", Describe(report)[1]);
    }

    [Theory]
    [InlineData(1.0, "Folding by itself does not change the full-precision model: KL 0.1 nats.")]
    [InlineData(1.2, "Folding by itself changes the perplexity in full precision: ×1.20, KL 0.1 nats.")]
    public void Describe_FullPrecisionArm_SaysWhetherTheFoldIsExact(double ratio, string expected) =>
        Assert.Equal(expected, Describe(Report(), SampleResult.Arm("float", "fold", ratio))[1]);

    [Fact]
    public void Describe_ArmThatLosesNothing_IsNotMentioned() =>
        Assert.Single(Describe(Report(), SampleResult.Arm("w8a8-tensor-static", "none", 1.003), SampleResult.Arm("w8a8-tensor-static", "fold", 1.002)));

    [Fact]
    public void Describe_NoFold_SaysNothing() => Assert.Empty(Describe(null, SampleResult.Arm("w8a8-tensor-static", "none", 10)));

    private static string[] Describe(FoldReport? report, params ArmResult[] arms) => [.. FoldVerdict.Describe(new ComparisonResult
    {
        Model = "m",
        Calibration = null,
        Fold = report,
        Baseline = SampleResult.Perplexity(50),
        BaselineBitsPerWeight = 16,
        BaselineSizeBytes = 1,
        Arms = arms,
        Verdict = [],
    })];

    private static FoldReport Report() => new()
    {
        Fold = new FoldProfile
        {
            Description = new FoldDescription([0], 0, 1, 0),
            Tokens = ["<s>"],
            Search = null,
            Merge = null,
            Drop = null,
            Before = new UnfoldedRanges(new StreamFindings(1, s_bos, 3, 4, 90, 2, 9), [350, 400], [1200, 1650]),
        },
        After = new StreamFindings(0, s_quote, 7, 0, 11, 1, 9),
        Inputs = [new(0, ["down.0"], 350, 350 / 127f, 150, 150 / 127f, 350 / 150.0), new(1, ["down.1"], 400, 400 / 127f, 400, 400 / 127f, 1)],
        BlockOutputs = [new(0, [], 1200, 1, 260, 1, 1200 / 260.0), new(1, [], 1650, 1, 1350, 1, 1650 / 1350.0)],
    };
}

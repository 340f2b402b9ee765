using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Comparison;

public class ComparisonVerdictTests
{
    [Fact]
    public void Describe_PreservingBringsBack_SaysSoWithShares()
    {
        var verdict = Describe(Arm("w8a4-tensor-static", "none", 10), Arm("w8a4-tensor-static", "channels", 1.1));

        // 1 − ln 1.1 / ln 10 = 95.9 %.
        Assert.Contains(verdict, sentence => sentence.Contains("1 of 1 arms are destroyed", StringComparison.Ordinal));
        Assert.Contains(verdict, sentence => sentence.Contains("from ×10.0 to ×1.10 and brings it back: 95.9 % of the lost nats", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1.1, "does as well: the harm was the inflated scale alone")]
    [InlineData(1.2, "recovers most of that: the harm was mainly the inflated scale, and their size is worth a further ×1.091")]
    [InlineData(4, "helps less: the inflated scale is part of the harm")]
    [InlineData(9.5, "does not help: their values are needed")]
    public void Describe_Clip_TellsInflationFromNeed(double clip, string expected)
    {
        var verdict = Describe(Arm("residual-int4@3", "none", 10), Arm("residual-int4@3", "channels", 1.1), Arm("residual-int4@3", "clip", clip));

        Assert.Contains(verdict, sentence => sentence.Contains("Clipping them to the range of the rest", StringComparison.Ordinal) && sentence.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1.1, "do as well: they act as fixed biases")]
    [InlineData(1.2, "recover most of that: they act mainly as fixed biases")]
    [InlineData(3, "help less: what varies in them is needed too")]
    [InlineData(9.5, "do not help: what varies in them is needed")]
    public void Describe_Mean_TellsBiasFromSignal(double mean, string expected)
    {
        var verdict = Describe(Arm("residual-int4@3", "none", 10), Arm("residual-int4@3", "channels", 1.1), Arm("residual-int4@3", "mean", mean));

        Assert.Contains(verdict, sentence => sentence.Contains("Constants in their place", StringComparison.Ordinal) && sentence.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_PreservingDoesNotHelp_BlamesTheBitsAndSaysNothingOfControls()
    {
        var verdict = Describe(Arm("ternary-a16", "none", 23), Arm("ternary-a16", "channels", 21), Arm("ternary-a16", "mean", 22));

        Assert.Contains(verdict, sentence => sentence.Contains("does not bring back ternary-a16 (×23.0 to ×21.0): the cause is too few bits", StringComparison.Ordinal));
        Assert.DoesNotContain(verdict, sentence => sentence.Contains("onstants", StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_NoChannelsSuggested_SaysThatNothingChanged()
    {
        var verdict = Describe(Arm("ternary-a16", "none", 23), Arm("ternary-a16", "channels", 23) with { MeanChannels = 0 });

        Assert.Contains(verdict, sentence => sentence.Contains("suggests no channel", StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_LargeButUncertain_IsNotDestroyed()
    {
        var verdict = Describe(Arm("w8a16", "none", 1.6) with { DeltaNllCi95 = new Interval(-0.1, 1) });

        Assert.Contains(verdict, sentence => sentence.Contains("No arm is destroyed", StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Describe(params ArmResult[] arms) => ComparisonVerdict.Describe(
        new ComparisonResult
        {
            Model = "model",
            Calibration = null,
            Baseline = SampleResult.Perplexity(50),
            BaselineBitsPerWeight = 16,
            BaselineSizeBytes = 1000,
            Arms = arms,
            Verdict = [],
        },
        null);

    private static ArmResult Arm(string scheme, string preserve, double ratio) => SampleResult.Arm(scheme, preserve, ratio);
}

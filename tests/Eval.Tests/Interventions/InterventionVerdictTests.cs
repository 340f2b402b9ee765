using OutlierQuant.Calibration;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Interventions;

public class InterventionVerdictTests
{
    private static readonly InterventionTarget s_target = new(3, true, "chosen", [new(41, TokenClass.Bos, -1200), new(7, TokenClass.Delimiter, 900)]);

    [Theory]
    [InlineData(5, "The model needs these values: without them the perplexity is 250.0 (×5.00)")]
    [InlineData(1.05, "These values matter a little")]
    [InlineData(1.001, "The model does not need these values")]
    public void Describe_Zero_GradesTheDamage(double zero, string expected)
    {
        Assert.Contains(Describe(Arm(Intervention.Zero, zero)), sentence => sentence.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_DamageUncertain_IsNotNeed()
    {
        var verdict = Describe(Arm(Intervention.Zero, 2) with { DeltaNllCi95 = new Interval(-0.1, 1.5) });

        Assert.Contains(verdict, sentence => sentence.StartsWith("The model does not need", StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_MeanClipAndControls_SayWhatEachShows()
    {
        var verdict = Describe(Arm(Intervention.Zero, 5), Arm(Intervention.Mean, 1), Arm(Intervention.Clip, 4), Arm(Intervention.ZeroRandom, 1.01), Arm(Intervention.ZeroMedian, 1));

        Assert.StartsWith("Changed the massive values at the output of block 3: bos channels 41, delimiter channels 7. Untouched perplexity 50.00", verdict[0], StringComparison.Ordinal);
        Assert.EndsWith("Zeroing as many other values of the same tokens gives 50.50 and 50.00.", verdict[1], StringComparison.Ordinal);
        Assert.Contains("work as biases", verdict[2], StringComparison.Ordinal);
        Assert.Contains("their size is what counts", verdict[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_MeanAndClipTheOtherWay_SayTheOpposite()
    {
        var verdict = Describe(Arm(Intervention.Zero, 5), Arm(Intervention.Mean, 3), Arm(Intervention.Clip, 1.01));

        Assert.Contains("what varies in them matters too", verdict[2], StringComparison.Ordinal);
        Assert.Contains("their sign is enough", verdict[3], StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Describe(params InterventionArm[] arms) => InterventionVerdict.Describe(s_target, SampleResult.Perplexity(50), arms);

    private static InterventionArm Arm(Intervention intervention, double ratio) => new()
    {
        Intervention = intervention,
        Perplexity = 50 * ratio,
        MeanNll = Math.Log(50 * ratio),
        StandardError = 0.01,
        DeltaNll = Math.Log(ratio),
        DeltaNllCi95 = new Interval(Math.Log(ratio) - 0.02, Math.Log(ratio) + 0.02),
        EntriesChanged = 8,
    };
}

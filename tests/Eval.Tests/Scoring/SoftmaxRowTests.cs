using OutlierQuant.Eval.Scoring;

namespace OutlierQuant.Eval.Tests.Scoring;

public class SoftmaxRowTests
{
    private static readonly float[] s_oneToThree = [MathF.Log(1), MathF.Log(2), MathF.Log(3)];

    [Theory]
    [InlineData(0, 6.0)]
    [InlineData(1, 3.0)]
    [InlineData(2, 2.0)]
    public void NegativeLogLikelihood_OddsOneTwoThree_IsLogOfInverseShare(int target, double inverse)
    {
        Assert.Equal(Math.Log(inverse), SoftmaxRow.NegativeLogLikelihood(s_oneToThree, target), 1e-6);
    }

    [Fact]
    public void NegativeLogLikelihood_HugeLogits_DoesNotOverflow()
    {
        Assert.Equal(2000, SoftmaxRow.NegativeLogLikelihood([3000, 1000, -5000], 1), 1e-9);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NegativeLogLikelihood_AnyLogitNotFinite_IsNaN(float bad)
    {
        Assert.True(double.IsNaN(SoftmaxRow.NegativeLogLikelihood([1, bad, 2], 0)));
        Assert.True(double.IsNaN(SoftmaxRow.Compare([1, 2, 3], [1, bad, 2], 0, new double[6]).KullbackLeibler));
    }

    [Fact]
    public void Compare_ByHand_IsSumOfPLogPOverQ()
    {
        // p = (1, 2, 3) / 6 against q = (1, 1, 1) / 3: Σ p ln(p / q) = 1/6 ln 1/2 + 1/3 ln 1 + 1/2 ln 3/2.
        var comparison = SoftmaxRow.Compare(s_oneToThree, [5, 5, 5], 2, new double[6]);

        Assert.Equal((Math.Log(0.5) / 6) + (Math.Log(1.5) / 2), comparison.KullbackLeibler, 1e-7);
        Assert.Equal(Math.Log(3), comparison.NegativeLogLikelihood, 1e-12);
        Assert.False(comparison.TopOneAgrees);
    }

    [Fact]
    public void Compare_SameUpToAConstant_IsZeroAndAgrees()
    {
        var comparison = SoftmaxRow.Compare([1, 4, 2], [2, 5, 3], 1, new double[6]);

        Assert.Equal(0, comparison.KullbackLeibler, 1e-15);
        Assert.True(comparison.TopOneAgrees);
    }

    [Fact]
    public void Compare_TinyDifference_IsHalfTheVariance()
    {
        // To second order KL is half the variance of the logits' difference under p: here ½ · p(1 − p) · δ² with p = ½.
        const float Step = 1f / 1024;
        var comparison = SoftmaxRow.Compare([0, 0], [Step, 0], 0, new double[4]);

        Assert.Equal(0.125 * Step * Step, comparison.KullbackLeibler, 1e-13);
    }

    [Fact]
    public void Compare_ProbabilityVanishesUnderOne_StaysFinite()
    {
        var comparison = SoftmaxRow.Compare([0, -4000], [-4000, 0], 0, new double[4]);

        Assert.Equal(4000, comparison.KullbackLeibler, 1e-9);
    }
}

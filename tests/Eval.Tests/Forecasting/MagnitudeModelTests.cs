using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Forecasting;

namespace OutlierQuant.Eval.Tests.Forecasting;

public class MagnitudeModelTests
{
    // Laplace's distribution with scale 1: P(|x| ≤ t) = 1 − e^−t.
    private static readonly MagnitudeQuantiles s_laplace = new((float)Math.Log(2), (float)Math.Log(100), (float)Math.Log(1000), 9);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    [InlineData(1.5)]
    [InlineData(6)]
    public void MeanSquareError_LaplaceBody_EqualsTheIntegral(double step)
    {
        // The same by the midpoint rule over t, with the density e^−t, up to the 99.9 % quantile.
        const int Steps = 400_000;
        var end = Math.Log(1000);
        double expected = 0;
        for (var i = 0; i < Steps; i++)
        {
            var t = end * (i + 0.5) / Steps;
            var error = t - (step * Math.Round(t / step));
            expected += error * error * Math.Exp(-t) * end / Steps;
        }

        Assert.Equal(expected / 0.999, new MagnitudeModel(s_laplace, 2).MeanSquareError(step, 1000, 9, bodyOnly: true), expected * 0.01);
    }

    [Fact]
    public void MeanSquareError_FineStep_IsTheTwelfthOfItsSquare()
    {
        Assert.Equal(1 / 12.0, new MagnitudeModel(s_laplace, 2).MeanSquareError(0.005, 10_000, 9, bodyOnly: false) / (0.005 * 0.005), 0.003);
    }

    [Fact]
    public void MeanSquareError_StepAboveEverything_IsThePowerItself()
    {
        var model = new MagnitudeModel(s_laplace, 2);

        Assert.Equal(model.BodyPower, model.MeanSquareError(100, 7, 9, bodyOnly: true), 1e-12);

        // E[t²] of the exponential distribution up to ln 1000: 2 − (a² + 2a + 2) / 1000, over 0.999.
        var a = Math.Log(1000);
        Assert.Equal((2 - (((a * a) + (2 * a) + 2) / 1000)) / 0.999, model.BodyPower, 0.005);
        Assert.Equal((1 - ((a + 1) / 1000)) / 0.999, model.BodyMean, 0.002);
    }

    [Fact]
    public void MeanSquareError_SaturatingCodes_CountsWhatIsCutOff()
    {
        // All entries are 2, and codes reach 1: the error is 1 everywhere, also in a tail without spread.
        var model = new MagnitudeModel(new MagnitudeQuantiles(2, 2, 2, 2), 4);

        Assert.Equal(1, model.MeanSquareError(1, 1, 2, bodyOnly: false), 1e-12);
    }

    [Fact]
    public void MeanSquareError_SmallUnit_CountsNoEntryAboveIt()
    {
        var model = new MagnitudeModel(s_laplace, 2);

        // A unit whose largest entry is 0.1 holds nothing that a step of 0.1 / 7 could miss by more than half of it.
        Assert.InRange(model.MeanSquareError(0.1 / 7, 7, 0.1, bodyOnly: false), 0, 0.1 * 0.1 / (4 * 49));
    }

    [Theory]
    [InlineData(2.1)]
    [InlineData(2.5)]
    [InlineData(40)]
    public void MeanSquareError_StepAboveEverything_IsTheMeanSquareWithTheTail(double meanSquare)
    {
        // The tail's exponent makes up for what the body lacks: 0.1 % of the entries between 6.9 and 1000.
        var model = new MagnitudeModel(s_laplace with { Quantile100 = 1000 }, meanSquare);

        Assert.Equal(meanSquare, model.MeanSquareError(5000, 7, 1000, bodyOnly: false), meanSquare * 1e-3);
    }

    [Fact]
    public void BodyPower_TwoPieces_EqualsTheIntegralOverBoth()
    {
        // Straight lines of ln x over u(p) = ln(−ln(1 − p)): from (50 %, 1) to (99 %, 2), then to (99.9 %, 100).
        static double U(double p) => Math.Log(-Math.Log(1 - p));
        const int Steps = 200_000;
        double expected = 0;
        for (var i = 0; i < Steps; i++)
        {
            var p = 0.999 * (i + 0.5) / Steps;
            var x = p < 0.99
                ? Math.Exp(Math.Log(2) * (U(p) - U(0.5)) / (U(0.99) - U(0.5)))
                : 2 * Math.Exp(Math.Log(50) * (U(p) - U(0.99)) / (U(0.999) - U(0.99)));
            expected += x * x / Steps;
        }

        Assert.Equal(expected, new MagnitudeModel(new MagnitudeQuantiles(1, 2, 100, 200), 30).BodyPower, expected * 0.02);
    }
}

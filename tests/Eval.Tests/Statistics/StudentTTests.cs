using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class StudentTTests
{
    [Theory]
    [InlineData(0.95, 1, 12.70620474)]
    [InlineData(0.95, 2, 4.30265273)]
    [InlineData(0.95, 4, 2.77644511)]
    [InlineData(0.95, 31, 2.03951345)]
    [InlineData(0.99, 10, 3.16927267)]
    [InlineData(0.95, 100000, 1.95998771)]
    public void TwoSidedQuantile_TabulatedCase_EqualsTable(double coverage, int degreesOfFreedom, double expected)
    {
        Assert.Equal(expected, StudentT.TwoSidedQuantile(coverage, degreesOfFreedom), 1e-6);
    }

    [Fact]
    public void TwoSidedQuantile_OneDegreeOfFreedom_IsCauchy()
    {
        // With one degree of freedom P(|T| ≤ t) = 2/π · atan t, so half of the mass lies within 1.
        Assert.Equal(1, StudentT.TwoSidedQuantile(0.5, 1), 1e-12);
    }

    [Theory]
    [InlineData(0.0, 5)]
    [InlineData(1.0, 5)]
    [InlineData(double.NaN, 5)]
    [InlineData(0.95, 0)]
    public void TwoSidedQuantile_ArgumentOutOfRange_Throws(double coverage, int degreesOfFreedom)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.TwoSidedQuantile(coverage, degreesOfFreedom));
    }
}

using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Statistics;

public sealed class TokenAbsMaxAccumulatorTests
{
    [Fact]
    public void ToQuantiles_OneToThousand_AreTheRanks()
    {
        TokenAbsMaxAccumulator accumulator = new();
        accumulator.Add([.. Enumerable.Range(501, 500).Select(value => (float)value)]);
        accumulator.Add([.. Enumerable.Range(1, 500).Select(value => (float)value)]);
        // n = 1000: ranks 1, 500, 900, 990, 999, 1000.
        Assert.Equal(new TokenAbsMaxQuantiles(1, 500, 900, 990, 999, 1000), accumulator.ToQuantiles());
    }

    [Fact]
    public void ToQuantiles_ThreeTokens_RoundRanksUp()
    {
        TokenAbsMaxAccumulator accumulator = new();
        accumulator.Add([30, 10, 20]);
        // n = 3: ranks 1, ceil(1.5) = 2, ceil(2.7) = 3, 3, 3, 3.
        Assert.Equal(new TokenAbsMaxQuantiles(10, 20, 30, 30, 30, 30), accumulator.ToQuantiles());
    }
}

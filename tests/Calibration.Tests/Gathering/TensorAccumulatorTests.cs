using OutlierQuant.Calibration.Gathering;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Gathering;

public sealed class TensorAccumulatorTests
{
    [Fact]
    public void Add_TwoTokens_GivesTheirAbsMax()
    {
        TensorAccumulator accumulator = new("output of block 0", 3);
        Assert.Equal([5, 9], accumulator.Add([1, -5, 2, 0, 3, 9], window: 0, startsWithBos: true));
        Assert.Equal([1, -5, 2], accumulator.Channels.ToStatistics().MeanAtSink);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Add_NonFiniteValue_NamesPlaceWindowPositionAndChannel(float value)
    {
        TensorAccumulator accumulator = new("output of block 3", 3);
        NonFiniteActivationException error = Assert.Throws<NonFiniteActivationException>(() => accumulator.Add([1, 2, 3, 4, 5, value], window: 6, startsWithBos: false));
        Assert.Equal(("output of block 3", 6, 1, 2), (error.Place, error.Window, error.Position, error.Channel));
        Assert.StartsWith("output of block 3: window 6, position 1, channel 2 holds ", error.Message, StringComparison.Ordinal);
    }
}

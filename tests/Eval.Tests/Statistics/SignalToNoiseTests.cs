using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class SignalToNoiseTests
{
    [Fact]
    public void Decibels_ThreeNumbers_EqualsTheHandWorkedValue()
    {
        var ratio = new SignalToNoise();
        ratio.Add([3, 0], [2, 1]);
        ratio.Add([-1], [-1]);

        // Signal 9 + 0 + 1, noise 1 + 1 + 0.
        Assert.Equal((10, 2), (ratio.Signal, ratio.Noise));
        Assert.Equal(10 * Math.Log10(5), ratio.Decibels!.Value, 1e-12);
    }

    [Fact]
    public void Decibels_NoErrorOrNoSignal_IsNull()
    {
        var ratio = new SignalToNoise();
        Assert.Null(ratio.Decibels);
        ratio.Add([2], [2]);
        Assert.Null(ratio.Decibels);
        Assert.Null(SignalToNoise.ToDecibels(0, 1));
    }

    [Fact]
    public void Add_DifferentLengths_GivesBoth() =>
        Assert.Contains("1 values and 2 rounded", Assert.Throws<ArgumentException>(() => new SignalToNoise().Add([1], [1, 2])).Message, StringComparison.Ordinal);
}

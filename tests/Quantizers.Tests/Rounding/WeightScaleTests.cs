using OutlierQuant.Kernels;
using OutlierQuant.Quantizers.Rounding;
using Xunit;

namespace OutlierQuant.Quantizers.Tests.Rounding;

public sealed class WeightScaleTests
{
    [Fact]
    public void Compute_Int4_IsAbsMaxOverSeven() => Assert.Equal([2f], Scales([1, -14, 3, 5], [], 4, WeightFormat.Int4));

    [Fact]
    public void Compute_Int8_IsAbsMaxOver127() => Assert.Equal([2f], Scales([1, -254, 3, 5], [], 4, WeightFormat.Int8));

    [Fact]
    public void Compute_Ternary_IsMeanOfMagnitudes() => Assert.Equal([2f], Scales([4, -1, 0.5f, -2.5f], [], 4, WeightFormat.Ternary));

    // Without channel 0 three magnitudes are left: (1 + 0.5 + 2.5) / 3.
    [Fact]
    public void Compute_TernaryWithAChannelLeftOut_DividesByTheOthersOnly() =>
        Assert.Equal([4f / 3], Scales([0, -1, 0.5f, -2.5f], [0], 4, WeightFormat.Ternary));

    // Groups {0, 1}, {2, 3} and the short {4}; channels 1 and 4 are left out, so the last group has nothing.
    [Fact]
    public void Compute_ShortLastGroupAndChannelsLeftOut_CountsEachInItsOwnGroup()
    {
        Assert.Equal([3f, 2f, 1f], Scales([3, 0, 1, -3, 0], [1, 4], 2, WeightFormat.Ternary));
        Assert.Equal([3f / 7, 3f / 7, 1f], Scales([3, 0, 1, -3, 0], [1, 4], 2, WeightFormat.Int4));
    }

    // 1e-44 / 7 is subnormal, with about one bit left; 1e-37 / 7 is 1.43e-38, a normal number.
    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(1e-44f, 1f)]
    [InlineData(1e-37f, 1e-37f / 7)]
    public void Compute_GroupTooSmallForANormalScale_Is1(float weight, float scale) =>
        Assert.Equal([scale], Scales([-weight, weight], [], 2, WeightFormat.Int4));

    private static float[] Scales(float[] row, int[] leftOut, int groupSize, WeightFormat format)
    {
        float[] scales = new float[(row.Length + groupSize - 1) / groupSize];
        WeightScale.Compute(row, leftOut, groupSize, format, scales);
        return scales;
    }
}

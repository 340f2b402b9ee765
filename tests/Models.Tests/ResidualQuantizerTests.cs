using OutlierQuant.Checkpoints.Configuration;
using Xunit;

namespace OutlierQuant.Models.Tests;

public sealed class ResidualQuantizerTests
{
    private const float NaN = float.NaN;

    [Theory]
    [InlineData("none", new[] { 2f, 4, -6, 14, -14, 0, NaN, 14 })]
    [InlineData("clip", new[] { 2f, 4, -6, 14, -14, 0, NaN, 14 })]
    [InlineData("channels", new[] { 2f, 4, -6, 100, -14, 0, NaN, 14 })]
    [InlineData("mean", new[] { 2f, 4, -6, 77, -14, 0, NaN, 14 })]
    public void Apply_FourBits_EqualsHandComputedValues(string preserve, float[] expectedAtSink)
    {
        // Scale 2 and codes −7…7. 3 is half way between codes 1 and 2, 5 between 2 and 3: both go to the even code 2.
        float[] row = [2, 3, -5.5f, 100, -90, 0.5f, NaN, float.PositiveInfinity];
        ResidualQuantizer quantizer = new(Residual(4, preserve, new ResidualBlock { Block = 1, Scale = 2, Channels = [3], MeansAtSink = [77], MeansElsewhere = [-5] }));
        float[] hidden = [.. row, .. row];

        quantizer.Apply(1, new SequenceChunk(new int[2], 0, StartsWithBos: true), hidden, 8);

        Assert.Equal(expectedAtSink, hidden[..8]);
        float[] elsewhere = [.. expectedAtSink];
        elsewhere[3] = preserve == "mean" ? -5 : elsewhere[3];
        Assert.Equal(elsewhere, hidden[8..]);
    }

    [Fact]
    public void Apply_BlockThatIsNotListed_ChangesNothing()
    {
        float[] hidden = [1.3f, 2.7f];

        new ResidualQuantizer(Residual(8, "none", new ResidualBlock { Block = 1, Scale = 2, Channels = [], MeansAtSink = [], MeansElsewhere = [] }))
            .Apply(0, new SequenceChunk(new int[1], 0, true), hidden, 2);

        Assert.Equal([1.3f, 2.7f], hidden);
    }

    [Theory]
    [InlineData(1, "none", 1f, 0, 3, 1, "The residual stream has 1 bits; 2 to 8 are possible.")]
    [InlineData(9, "none", 1f, 0, 3, 1, "The residual stream has 9 bits; 2 to 8 are possible.")]
    [InlineData(8, "some", 1f, 0, 3, 1, "The residual stream preserves 'some'; none, channels, clip or mean is possible.")]
    [InlineData(8, "none", 0f, 0, 3, 1, "The residual scale of block 0 is 0; it must be finite and above 0.")]
    [InlineData(8, "mean", 1f, 0, 3, 2, "Block 0 lists 1 residual channels, 2 means at the sink and 2 elsewhere; the numbers must be equal.")]
    [InlineData(8, "none", 1f, 4, 3, 1, "The residual stream is rounded after block 4; the model has blocks 0 to 3.")]
    [InlineData(8, "none", 1f, 0, 16, 1, "The residual channel at index 0 is 16; the channels are 0 to 15.")]
    public void Constructor_WrongSettings_SaysWhatIsWrong(int bits, string preserve, float scale, int block, int channel, int means, string message)
    {
        ResidualBlock rule = new() { Block = block, Scale = scale, Channels = [channel], MeansAtSink = new float[means], MeansElsewhere = new float[means] };

        ArgumentException wrong = Assert.Throws<ArgumentException>(() => new ResidualQuantizer(Residual(bits, preserve, rule)).Validate(4, 16));

        Assert.Equal(message, wrong.Message);
    }

    private static ResidualQuantization Residual(int bits, string preserve, ResidualBlock block) => new() { Bits = bits, Preserve = preserve, Blocks = [block] };
}

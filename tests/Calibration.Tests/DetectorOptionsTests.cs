using Xunit;

namespace OutlierQuant.Calibration.Tests;

public sealed class DetectorOptionsTests
{
    public static TheoryData<DetectorOptions, string> Wrong => new()
    {
        { new() { MinMagnitude = 0 }, "minimum magnitude is 0" },
        { new() { MinRatio = -1 }, "minimum ratio is -1" },
        { new() { PrefixQuantRatio = double.NaN }, "prefixquant ratio is NaN" },
        { new() { QfemScore = double.PositiveInfinity }, "qfem score is" },
        { new() { LlmInt8Magnitude = 0 }, "llmint8 magnitude is 0" },
        { new() { SuperWeightSpike = -50 }, "superweight spike is -50" },
        { new() { CandidateShare = 1.1 }, "candidate share is 1.1" },
        { new() { MaxCandidates = 0 }, "number of candidates is 0" },
        { new() { ChannelRule = new() { MinRatio = 0 } }, "minimum ratio is 0" },
    };

    [Fact]
    public void Validate_Defaults_Pass() => Assert.Null(Record.Exception(new DetectorOptions().Validate));

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_OutOfRange_NamesOptionAndValue(DetectorOptions options, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
}

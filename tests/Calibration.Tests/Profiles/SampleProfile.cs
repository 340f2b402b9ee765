using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration.Tests.Profiles;

/// <summary>A small profile made by hand: two blocks of two channels, one linear input of three channels.</summary>
internal static class SampleProfile
{
    public static CalibrationProfile Create()
    {
        CoordinateStatistics coordinate = new()
        {
            Channel = 1,
            TokenClass = TokenClass.Bos,
            Block = 1,
            FirstBlock = 1,
            LastBlock = 1,
            Mean = -1234.5,
            StandardDeviation = 0.25,
            CoefficientOfVariation = 0.25 / 1234.5,
            Ratio = 2469,
            Windows = 4,
            Entries = 4,
        };
        return new CalibrationProfile
        {
            Version = 2,
            Model = new ModelFingerprint("sample", "LlamaForCausalLM", 3, 42, new string('a', 64)),
            Text = new CalibrationText("text.txt", 4, 9, 16, true, 64),
            Detector = new MassiveActivationSettings("sun2024", 100, 1000, true),
            Verdict = "1 coordinate passes |h| > 100 and > 1000 × the median.",
            Blocks = [Block(0), Block(1)],
            Massive = [coordinate],
            Candidates = [],
            Onset = new Onset(1, true, "the first", [coordinate]),
            Agreement = new HalvesAgreement(["channel 1 at BOS"], ["channel 1 at BOS"], 1),
            OtherDetectors = new OtherDetectors(
                new Findings<PrefixQuantFinding>(64, [new PrefixQuantFinding(0, "down", 70.5, 4, 1, [new TokenCount(0, "<s>", TokenClass.Bos, 4)])]),
                new Findings<QfemFinding>(6.68, [new QfemFinding(0, ["down"], 33, true)]),
                new Findings<LlmInt8Finding>(6, [new LlmInt8Finding(0, ["down"], 1, 1.0 / 3, [2])]),
                new Findings<SuperWeightFinding>(50, [new SuperWeightFinding(0, "down", 1, 2, 60, -70, null, 0, "<s>", true)])),
            ChannelRule = new PreservedChannelRule(),
            LinearInputs =
            [
                new LinearInputProfile
                {
                    Block = 0,
                    Linears = ["down", "twin"],
                    Channels = new ChannelStatistics([1, 2, 60], [0.1f, -0.2f, 3], [1, 2, 9], [0.5f, 0, -60], [0, 0, 1e-7f]),
                    TokenAbsMax = new TokenAbsMaxQuantiles(1, 2, 3, 4, 5, 60),
                    Magnitudes = new MagnitudeQuantiles(0.75f, 2, 5, 60),
                    Suggested = [new SuggestedChannel(2, "absmax 60 is 30.0 times the median channel's 2 (rule: more than 2)")],
                },
            ],
        };
    }

    private static BlockProfile Block(int block) => new()
    {
        Block = block,
        Median = 0.5,
        Top = [new TopEntry(0, 0, 0, "<s>", TokenClass.Bos, 1, -1234.5f, 2469)],
        AtBos = [new TopEntry(0, 0, 0, "<s>", TokenClass.Bos, 1, -1234.5f, 2469)],
        Elsewhere = new TopEntry(2, 7, 13, "\\n", TokenClass.Delimiter, 0, 3.25f, 6.5),
        Channels = new ChannelStatistics([3, 1235], [0, 1], [1, 2], [1, -1234.5f], [0, 0]),
        TokenAbsMax = new TokenAbsMaxQuantiles(1, 1, 2, 2, 3, 1234.5f),
        Magnitudes = new MagnitudeQuantiles(0.5f, 1, 1.5f, 1234.5f),
        Suggested = [],
    };
}

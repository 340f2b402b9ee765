using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests;

/// <summary>Results made by hand, for what reads them.</summary>
internal static class SampleResult
{
    public static PerplexityResult Perplexity(double perplexity) => new()
    {
        Source = "text.txt",
        Protocol = PerplexityProtocol.Windows,
        Context = 16,
        Bos = true,
        Stride = null,
        WindowsScored = 4,
        WindowsInText = 9,
        TokensScored = 60,
        BytesScored = 200,
        MeanNll = Math.Log(perplexity),
        StandardError = 0.01,
        StandardErrorPerToken = 0.005,
        Perplexity = perplexity,
        BitsPerByte = 1.5,
        TokensPerSecond = 100,
        PeakMemoryBytes = 1 << 26,
        Kernels = ["float×bf16 avx2"],
        Losses = [],
    };

    public static ArmResult Arm(string scheme, string preserve, double ratio) => new()
    {
        Scheme = scheme,
        Preserve = preserve,
        Channels = null,
        MeanChannels = preserve == "none" ? 0 : 4,
        Perplexity = 50 * ratio,
        MeanNll = Math.Log(50 * ratio),
        DeltaNll = Math.Log(ratio),
        DeltaNllCi95 = new Interval(Math.Log(ratio) - 0.05, Math.Log(ratio) + 0.05),
        Kl = 0.1,
        Top1Agreement = 0.75,
        BitsPerWeight = 4.5,
        SizeBytes = 500,
        Kernels = ["int8×int8 avx2"],
        FakeQuantized = scheme.StartsWith("residual", StringComparison.Ordinal),
        TokensPerSecond = 100,
        Losses = [[Math.Log(50 * ratio) - 0.5, Math.Log(50 * ratio)], [Math.Log(50 * ratio), Math.Log(50 * ratio) + 0.5]],
    };
}

using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests;

public sealed class CalibratorTests
{
    [SharedFact]
    public void Run_OtherThreadCounts_GivesTheSameBytes()
    {
        Assert.Equal(ShortProfile(1).ToJson(), ShortProfile(3).ToJson());

        static CalibrationProfile ShortProfile(int threads)
        {
            using TinyModel tiny = new("tiny-llama", threads);
            return tiny.Calibrate(Short(tiny));
        }
    }

    [SharedFact]
    public void Run_WithoutBos_ClassifiesTheFirstTokenByItself()
    {
        using TinyModel tiny = new("tiny-gpt2");
        CalibrationSet set = Short(tiny);
        CalibrationProfile profile = tiny.Calibrate(set with { Bos = false, Windows = [.. set.Windows.Select(window => window[1..])], Context = set.Context - 1 });

        Assert.False(profile.Detector.Bos);
        Assert.All(profile.Blocks, block => Assert.Empty(block.AtBos));
        Assert.All(profile.LinearInputs, input => Assert.Empty(input.Channels.MeanAtSink));
        Assert.All(profile.Coordinates, entry => Assert.Equal(TokenClass.First, entry.TokenClass));
    }

    [SharedFact]
    public void Run_Profile_CoversEveryLinearOfTheModelOnce()
    {
        using TinyModel tiny = new("tiny-llama");
        CalibrationProfile profile = tiny.Calibrate(Short(tiny));

        Assert.Equal(tiny.Model.Linears.Select(linear => linear.Name), profile.LinearInputs.SelectMany(input => input.Linears));
        Assert.Equal((4 * tiny.Model.Config.BlockCount) + 1, profile.LinearInputs.Count); // q,k,v · o · gate,up · down; and the head
        foreach (OutlierQuant.Models.Linears.Linear linear in tiny.Model.Linears)
        {
            ChannelStatistics channels = profile.Linear(linear.Name).Channels;
            Assert.Equal(linear.InFeatures, channels.Count);
            Assert.Equal(channels.AbsMax.Max(), profile.Linear(linear.Name).TokenAbsMax.Quantile100);
        }

        // A normalized input has mean square 1 before its weight; the residual stream's absmax bounds every mean.
        Assert.All(profile.Blocks, block => Assert.All(Enumerable.Range(0, block.Channels.Count), channel =>
            Assert.InRange(block.Channels.MeanSquare[channel], 0, block.Channels.AbsMax[channel] * block.Channels.AbsMax[channel])));
    }

    [SharedFact]
    public void RequireModel_AnotherModel_NamesBoth()
    {
        using TinyModel llama = new("tiny-llama");
        using TinyModel gpt2 = new("tiny-gpt2");
        CalibrationProfile profile = llama.Calibrate(Short(llama));

        profile.RequireModel(llama.Model);
        ArgumentException error = Assert.Throws<ArgumentException>(() => profile.RequireModel(gpt2.Model));
        Assert.Contains("'tiny-llama' (LlamaForCausalLM, 6951168 parameters", error.Message, StringComparison.Ordinal);
        Assert.Contains("'tiny-gpt2' (GPT2LMHeadModel", error.Message, StringComparison.Ordinal);
    }

    [SharedFact]
    public void Run_ContextBeyondPositions_SaysBothNumbers()
    {
        using TinyModel tiny = new("tiny-gpt2");
        CalibrationSet set = new("t", [new int[300]], false, 300, 1);
        ArgumentException error = Assert.Throws<ArgumentException>(() => tiny.Calibrate(set));
        Assert.Equal("The context is 300 tokens, but the model takes sequences of at most 256; choose a smaller context.", error.Message);
    }

    [SharedFact]
    public void Run_WrongThreshold_IsRefusedBeforeAnyWork()
    {
        using TinyModel tiny = new("tiny-gpt2");
        Assert.Throws<ArgumentException>(() => tiny.Calibrate(Short(tiny), new DetectorOptions { MinRatio = 0 }));
    }

    [SharedFact]
    public void Run_Cancelled_Stops()
    {
        using TinyModel tiny = new("tiny-gpt2");
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Calibrator.Run(tiny.Model, tiny.Tokenizer, Short(tiny), new(), null, source.Token));
    }

    /// <summary>Three windows of 16 tokens.</summary>
    private static CalibrationSet Short(TinyModel tiny) =>
        TextWindows.Cut(tiny.Tokenizer, File.ReadAllText(SharedData.Require("text/valid.txt"))[..4000], "valid.txt", 16, bos: true, maxWindows: 3);
}

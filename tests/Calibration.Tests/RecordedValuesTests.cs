using System.Text.Json;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests;

/// <summary>Compares profiles with the values recorded beside the shared checkpoints by another program.</summary>
public sealed class RecordedValuesTests
{
    /// <summary>Both programs compute in float32 with sums in another order.</summary>
    private const double ValueTolerance = 1e-4;

    /// <summary>
    /// The record's median is over the entries of all windows at once, the profile's is the mean of the windows' medians; they
    /// differ by less than this.
    /// </summary>
    private const double PooledMedianTolerance = 5e-3;

    [SharedTheory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-gpt2")]
    public void Run_OnePrompt_FindsTheRecordedMediansAndEntries(string name)
    {
        using TinyModel tiny = new(name);
        for (int prompt = 0; prompt < tiny.Tokens.GetArrayLength(); prompt++)
        {
            int[] ids = [.. tiny.Tokens[prompt].GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            CalibrationProfile profile = tiny.Calibrate(new CalibrationSet("prompt", [ids], true, ids.Length, 1));
            Assert.Null(profile.Agreement);
            AssertBlocks(tiny, profile, tiny.Layerwise.GetProperty("prompts")[prompt].GetProperty("blocks"), ValueTolerance);
        }
    }

    [SharedFact]
    public void Run_TinyLlamaOnEightWindows_FindsTheCoordinatesOfItsRecord()
    {
        using TinyModel tiny = new("tiny-llama");
        CalibrationProfile profile = tiny.Calibrate(tiny.FirstEightOfValid());
        AssertBlocks(tiny, profile, tiny.Layerwise.GetProperty("valid8"), PooledMedianTolerance);

        // The record's interventions: block 3, BOS, these eight channels in this order.
        Assert.Empty(profile.Massive);
        Assert.Equal((3, false), (profile.FirstMassiveBlock, profile.Onset.IsMassive));
        Assert.Equal([41, 206, 205, 227, 45, 146, 32, 67], profile.Coordinates.Select(entry => entry.Channel));
        Assert.All(profile.Coordinates, entry => Assert.Equal((TokenClass.Bos, 0.0, 8), (entry.TokenClass, entry.StandardDeviation, entry.Windows)));
        Assert.Equal(120.2, profile.Coordinates[0].Ratio, 120.2 * PooledMedianTolerance);
        Assert.StartsWith("No entry passes |h| > 100 and > 1000 × the median. The strongest is channel 41 at BOS in block 3: -1208.0 ± 0.0, 120", profile.Verdict, StringComparison.Ordinal);

        // Its largest linear inputs on these and more windows: block 0's down projection holds 346.6, at BOS.
        LinearInputProfile down = profile.Linear("model.layers.0.mlp.down_proj");
        Assert.Equal(346.63, down.TokenAbsMax.Quantile100, 0.01);
        Assert.Equal(down.TokenAbsMax.Quantile100, Math.Abs(down.Channels.MeanAtSink[down.Suggested[0].Channel]), 0.01);
        SuperWeightFinding weight = profile.OtherDetectors.Superweight.Found[0];
        Assert.Equal((41, "<|bos|>", true), (weight.Row, weight.Token, weight.IsSuperWeight));
    }

    [SharedFact]
    public void Run_TinyGpt2OnEightWindows_FindsTheCoordinatesOfItsRecord()
    {
        using TinyModel tiny = new("tiny-gpt2");
        CalibrationProfile profile = tiny.Calibrate(tiny.FirstEightOfValid());
        AssertBlocks(tiny, profile, tiny.Layerwise.GetProperty("valid8"), PooledMedianTolerance);
        Assert.Empty(profile.Massive);
        Assert.Equal([232, 32, 41, 105, 215], profile.Blocks[2].AtBos.Select(entry => entry.Channel));
    }

    [SharedFact]
    public void Run_LowerThresholds_FindMassiveCoordinates()
    {
        using TinyModel tiny = new("tiny-llama");
        CalibrationSet set = tiny.FirstEightOfValid();
        CalibrationProfile profile = tiny.Calibrate(set with { Windows = [.. set.Windows.Take(3)] }, new DetectorOptions { MinRatio = 60 });

        // The record's ratios: 99, 76, 73, 120, 107, 105, 90, 75, all of channel 41; the next coordinate has 48.
        CoordinateStatistics massive = profile.Massive[0];
        Assert.Equal((41, TokenClass.Bos, 0, 7, 3, 3), (massive.Channel, massive.TokenClass, massive.FirstBlock, massive.LastBlock, massive.Windows, massive.Entries));
        Assert.Equal(-546.82, massive.Mean, 0.01);
        Assert.Equal(0, massive.CoefficientOfVariation);
        Assert.Equal((0, true), (profile.FirstMassiveBlock, profile.Onset.IsMassive));
        Assert.Empty(profile.Candidates);
        Assert.StartsWith("channel 41 at BOS", Assert.Single(profile.Agreement!.FirstHalf), StringComparison.Ordinal);
    }

    private static void AssertBlocks(TinyModel tiny, CalibrationProfile profile, JsonElement recorded, double medianTolerance)
    {
        Assert.Equal(recorded.GetArrayLength(), profile.Blocks.Count);
        foreach ((BlockProfile found, JsonElement expected) in profile.Blocks.Zip(recorded.EnumerateArray()))
        {
            AssertClose(expected.GetProperty("median").GetDouble(), found.Median, medianTolerance);
            AssertClose(expected.GetProperty("max").GetDouble(), found.Top[0].Value, ValueTolerance);
            AssertClose(expected.GetProperty("ratio").GetDouble(), found.Top[0].Ratio, medianTolerance + ValueTolerance);
            Assert.Equal(expected.GetProperty("pos").GetInt32(), found.Top[0].Position);
            Assert.Equal(expected.GetProperty("channel").GetInt32(), found.Top[0].Channel);
            Assert.Equal(expected.GetProperty("token").GetString(), tiny.Tokenizer.Piece(found.Top[0].TokenId));
            Assert.Equal(5, found.Top.Count);
            Assert.Equal(5, found.Top.DistinctBy(entry => (entry.TokenClass, entry.Channel)).Count());

            foreach ((TopEntry entry, JsonElement atBos) in found.AtBos.Zip(expected.GetProperty("bos_top5").EnumerateArray(), (entry, json) => (entry, json)))
            {
                Assert.Equal(atBos[0].GetInt32(), entry.Channel);
                AssertClose(atBos[1].GetDouble(), entry.Value, ValueTolerance);
            }

            JsonElement elsewhere = expected.GetProperty("nonbos");
            Assert.Equal(
                (elsewhere.GetProperty("pos").GetInt32(), elsewhere.GetProperty("channel").GetInt32(), elsewhere.GetProperty("token").GetString()),
                (found.Elsewhere!.Position, found.Elsewhere.Channel, tiny.Tokenizer.Piece(found.Elsewhere.TokenId)));
            AssertClose(expected.GetProperty("max_nonbos").GetDouble(), Math.Abs(found.Elsewhere.Value), ValueTolerance);
        }
    }

    private static void AssertClose(double expected, double actual, double relative) => Assert.Equal(expected, actual, Math.Abs(expected) * relative);
}

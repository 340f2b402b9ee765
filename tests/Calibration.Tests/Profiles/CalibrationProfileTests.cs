using System.Text.Json;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Profiles;

public sealed class CalibrationProfileTests
{
    [Fact]
    public void Save_ThenLoad_GivesTheSameBytes()
    {
        using TemporaryDirectory directory = new();
        CalibrationProfile profile = SampleProfile.Create();
        profile.Save(directory.File("a.json"));
        CalibrationProfile loaded = CalibrationProfile.Load(directory.File("a.json"));
        loaded.Save(directory.File("b.json"));

        Assert.Equal(File.ReadAllBytes(directory.File("a.json")), File.ReadAllBytes(directory.File("b.json")));
        Assert.Equal(profile.ToJson(), loaded.ToJson());
        Assert.Equal(["a.json", "b.json"], directory.Names);
        Assert.Equal(profile.Coordinates[0], loaded.Coordinates[0]);
        Assert.Equal(1, loaded.FirstMassiveBlock);
    }

    [Fact]
    public void ToJson_Keys_AreTheDocumentedOnes()
    {
        using JsonDocument json = JsonDocument.Parse(SampleProfile.Create().ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(
            ["version", "model", "text", "detector", "verdict", "blocks", "massive", "candidates", "onset", "agreement", "otherDetectors", "channelRule", "linearInputs"],
            Keys(root));
        Assert.Equal(["name", "minMagnitude", "minRatio", "bos"], Keys(root.GetProperty("detector")));
        JsonElement block = root.GetProperty("blocks")[0];
        Assert.Equal(["block", "median", "top", "atBos", "elsewhere", "channels", "tokenAbsMax", "magnitudes", "suggested"], Keys(block));
        Assert.Equal(["window", "position", "tokenId", "token", "tokenClass", "channel", "value", "ratio"], Keys(block.GetProperty("top")[0]));
        JsonElement massive = root.GetProperty("massive")[0];
        Assert.Superset(
            new HashSet<string> { "channel", "firstBlock", "lastBlock", "tokenClass", "mean", "standardDeviation", "coefficientOfVariation" },
            Keys(massive).ToHashSet());
        Assert.Equal("bos", massive.GetProperty("tokenClass").GetString());
        Assert.Equal(["absMax", "mean", "meanSquare", "meanAtSink", "meanElsewhere"], Keys(root.GetProperty("linearInputs")[0].GetProperty("channels")));
    }

    [Fact]
    public void Linear_OfASharedInput_FindsItByEveryName()
    {
        CalibrationProfile profile = SampleProfile.Create();
        Assert.Same(profile.Linear("down"), profile.Linear("twin"));
    }

    [Fact]
    public void Linear_Unknown_NamesIt() =>
        Assert.Contains("'up'", Assert.Throws<ArgumentException>(() => SampleProfile.Create().Linear("up")).Message, StringComparison.Ordinal);

    [Fact]
    public void Save_IntoAMissingDirectory_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        Assert.ThrowsAny<IOException>(() => SampleProfile.Create().Save(Path.Combine(directory.Path, "none", "p.json")));
        Assert.Empty(directory.Names);
    }

    [Fact]
    public void Save_WithANumberThatIsNotFinite_LeavesNothing()
    {
        using TemporaryDirectory directory = new();
        CalibrationProfile profile = SampleProfile.Create() with { Detector = new MassiveActivationSettings("sun2024", double.NaN, 1000, true) };
        Assert.Throws<ArgumentException>(() => profile.Save(directory.File("p.json")));
        Assert.Empty(directory.Names);
    }

    [Theory]
    [InlineData("", "malformed JSON")]
    [InlineData("[]", "a calibration profile is a JSON object")]
    [InlineData("{}", "there is no key $.version")]
    [InlineData("{\"version\": 2", "malformed JSON")]
    [InlineData("{\"version\": 1, \"other\": {}}", "$.version is not 2; this program reads version 2. Make the profile again with locate")]
    [InlineData("{\"version\": \"2\"}", "$.version is not 2")]
    [InlineData("{\"version\": 2}", "every key is required")]
    public void Load_NotAProfile_SaysWhatIsNeeded(string json, string expected) => AssertRefused(json, expected);

    /// <summary>Each case replaces one piece of a valid document.</summary>
    [Theory]
    [InlineData("\"verdict\":", "\"verdikt\":", "unknown key $.verdikt")]
    [InlineData("\"median\": 0.5,", "\"median\": 0.5, \"mean\": 3,", "unknown key $.blocks[0].mean")]
    [InlineData("\"minRatio\": 1000,", "", "$.detector lacks 'minRatio'")]
    [InlineData("\"median\": 0.5,", "", "$.blocks[0] lacks 'median'")]
    [InlineData("\"median\": 0.5,", "\"median\": \"0.5\",", "$.blocks[0].median holds a value of the wrong kind")]
    [InlineData("\"median\": 0.5,", "\"median\": NaN,", "$.blocks[0].median")]
    [InlineData("\"median\": 0.5,", "\"median\": -0.5,", "$.blocks[0].median is negative")]
    [InlineData("\"median\": 0.5,", "\"median\": 0.5, \"median\": 0.5,", "is repeated; each key occurs once")]
    [InlineData("\"tokenClass\": \"bos\"", "\"tokenClass\": \"start\"", "tokenClass holds a value of the wrong kind")]
    [InlineData("\"tokenClass\": \"bos\"", "\"tokenClass\": 0", "tokenClass holds a value of the wrong kind")]
    [InlineData("\"block\": 0,\n      \"median\"", "\"block\": 1,\n      \"median\"", "$.blocks[0].block is 1")]
    [InlineData("\"isMassive\": true", "\"isMassive\": null", "$.onset.isMassive holds a value of the wrong kind")]
    [InlineData("\"bos\": true,\n    \"tokens\"", "\"bos\": false,\n    \"tokens\"", "$.detector.bos differs from $.text.bos")]
    [InlineData("\"windows\": 4,\n    \"windowsInText\"", "\"windows\": 0,\n    \"windowsInText\"", "$.text.windows is not positive")]
    [InlineData("\"twin\"", "\"down\"", "$.linearInputs[0].linears names a linear that was named before")]
    [InlineData("\"channel\": 2,\n          \"reason\"", "\"channel\": 3,\n          \"reason\"", "$.linearInputs[0].suggested names a channel outside 0 to 2")]
    [InlineData("\"onset\": {\n    \"block\": 1", "\"onset\": {\n    \"block\": 2", "$.onset.block is 2; the profile has 2 blocks")]
    [InlineData("\"firstBlock\": 1", "\"firstBlock\": 9", "goes from block 9 to 1")]
    [InlineData("\"channel\": 1,\n      \"tokenClass\": \"bos\",\n      \"block\"", "\"channel\": 2,\n      \"tokenClass\": \"bos\",\n      \"block\"", "channel is 2; channels go from 0 to 1")]
    [InlineData("\"quantile50\": 0.75", "\"quantile50\": 2.5", "$.linearInputs[0].magnitudes does not rise")]
    [InlineData("\"quantile50\": 0.5", "\"quantile50\": -1", "$.blocks[0].magnitudes does not rise")]
    [InlineData("\"verdict\": \"1", "\"verdict\": null, \"x\": \"1", "$.verdict holds a value of the wrong kind")]
    public void Load_OnePieceWrong_NamesTheKey(string piece, string replacement, string expected)
    {
        string json = SampleProfile.Create().ToJson();
        Assert.Contains(piece, json, StringComparison.Ordinal);
        int start = json.IndexOf(piece, StringComparison.Ordinal);
        AssertRefused(string.Concat(json.AsSpan(0, start), replacement, json.AsSpan(start + piece.Length)), expected);
    }

    [Fact]
    public void Load_EveryTruncation_IsRefused()
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(SampleProfile.Create().ToJson());
        for (int length = 0; length < json.Length; length += 7)
        {
            Assert.Throws<CheckpointFormatException>(() => ProfileReader.Read("p.json", json.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Load_SomethingAfterTheProfile_IsRefused() => AssertRefused(SampleProfile.Create().ToJson() + "{}", "malformed JSON");

    [Fact]
    public void Load_MissingFile_NamesIt()
    {
        using TemporaryDirectory directory = new();
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => CalibrationProfile.Load(directory.File("none.json")));
        Assert.Contains("none.json", error.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string json, string expected)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("p.json", json);
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => CalibrationProfile.Load(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("p.json", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain("OutlierQuant.Calibration", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Keys(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}

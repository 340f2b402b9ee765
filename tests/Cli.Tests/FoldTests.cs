using System.Text.Json;
using OutlierQuant.Checkpoints;
using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary>Folding through every verb that folds or reads a folded checkpoint.</summary>
public sealed class FoldTests(TinyModelFixture fixture) : IClassFixture<TinyModelFixture>
{
    [Fact]
    public async Task Quantize_FullPrecision_EveryReaderGivesWhatItGivesOfTheSource()
    {
        string folded = fixture.Fresh("folded");
        JsonElement document = await Json("quantize", fixture.Model, "--scheme", "float", "--preserve", "fold", "--out", folded);

        Assert.Equal("[0]", document.GetProperty("fold").GetProperty("description").GetProperty("prefix").GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal));
        foreach (string protocol in (string[])["windows", "llama.cpp"])
        {
            double expected = (await Json("perplexity", fixture.Model, "--text", fixture.Text, "--protocol", protocol)).GetProperty("meanNll").GetDouble();
            Assert.Equal(expected, (await Json("perplexity", folded, "--text", fixture.Text, "--protocol", protocol)).GetProperty("meanNll").GetDouble(), 1e-5);
        }

        JsonElement strided = await Json("perplexity", folded, "--text", fixture.Text, "--protocol", "strided", "--context", "32");
        Assert.Equal(1, strided.GetProperty("fold").GetProperty("slots").GetInt32());
        string[] generate = ["--prompt", "Line", "--max-tokens", "8"];
        Assert.Equal(
            (await Json(["generate", fixture.Model, .. generate])).GetProperty("texts")[0].GetProperty("ids").GetRawText(),
            (await Json(["generate", folded, .. generate])).GetProperty("texts")[0].GetProperty("ids").GetRawText());
        JsonElement before = (await Json("logits", fixture.Model, "--prompt", "Line")).GetProperty("top")[0], after = (await Json("logits", folded, "--prompt", "Line")).GetProperty("top")[0];
        Assert.Equal(before.GetProperty("id").GetInt32(), after.GetProperty("id").GetInt32());
        Assert.Equal(before.GetProperty("logit").GetDouble(), after.GetProperty("logit").GetDouble(), 1e-4);
        Assert.Equal(1, (await Json("inspect", folded)).GetProperty("fold").GetProperty("slots").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await Json("locate", folded, "--text", fixture.Text)).GetProperty("fold").GetProperty("before").ValueKind);
    }

    [Fact]
    public async Task Quantize_FromTextAndFromProfile_GiveTheSameCheckpoint()
    {
        string profile = fixture.Fresh("profile.json"), byText = fixture.Fresh("text"), byProfile = fixture.Fresh("profile"), wrong = fixture.Fresh("wrong");
        await Json("locate", fixture.Model, "--text", fixture.Text, "--fold", "--out", profile);
        string[] options = ["--scheme", "w8a8-tensor-static", "--preserve", "fold+channels", "--channels", "2"];

        JsonElement document = await Json(["quantize", fixture.Model, .. options, "--text", fixture.Text, "--out", byText]);
        await Json(["quantize", fixture.Model, .. options, "--profile", profile, "--fold-prefix", "bos", "--out", byProfile]);

        foreach (string name in (string[])["model.safetensors", "config.json", "quantization_plan.json"])
        {
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(byText, name)), await File.ReadAllBytesAsync(Path.Combine(byProfile, name)));
        }

        Assert.Equal(JsonValueKind.Null, document.GetProperty("fold").GetProperty("cost").ValueKind);
        Assert.Equal(9, document.GetProperty("fold").GetProperty("report").GetProperty("inputs").GetArrayLength());
        double compared = (await Json("compare", fixture.Model, "--text", fixture.Text, "--calibration", fixture.Text, "--windows", "all", "--arms", "w8a8-tensor-static:fold+channels:2")).GetProperty("arms")[0].GetProperty("meanNll").GetDouble();
        Assert.Equal(compared, (await Json("perplexity", byText, "--text", fixture.Text)).GetProperty("meanNll").GetDouble());

        (await CommandRunner.Run(["quantize", fixture.Model, .. options, "--profile", profile, "--fold-prefix", "40,0", "--out", wrong])).MustFail(1, profile, "folded at [<|bos|>] (token id 0), and the options ask for another fold");
        (await CommandRunner.Run(["quantize", fixture.Model, "--scheme", "w8a8-tensor-static", "--preserve", "none", "--profile", profile, "--out", wrong])).MustFail(1, "folded at [<|bos|>] (token id 0), but this model is not folded");
        (await CommandRunner.Run(["intervene", fixture.Model, "--text", fixture.Text, "--profile", profile])).MustFail(1, "but this model is not folded");
        Assert.False(Path.Exists(wrong));
    }

    [Fact]
    public async Task Quantize_LongerPrefixMergedAndDropped_SaysWhatItCosts()
    {
        string output = fixture.Fresh("merged");
        string[] arguments = ["quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "fold", "--text", fixture.Text, "--fold-prefix", "40,0", "--fold-merge", "--fold-drop-values", "0.9", "--overwrite", "--out", output];

        JsonElement fold = (await Json(arguments)).GetProperty("fold");
        CommandOutcome table = await CommandRunner.Run(arguments);

        Assert.Equal(1, fold.GetProperty("description").GetProperty("slots").GetInt32());
        Assert.NotEqual(0, fold.GetProperty("cost").GetProperty("deltaNll").GetDouble());
        Assert.Equal(4, fold.GetProperty("report").GetProperty("fold").GetProperty("merge").GetProperty("heads").GetArrayLength());
        Assert.Contains("Merged 2 pairs a head into one", table.Output, StringComparison.Ordinal);
        Assert.Contains("of 4 constant values, those below 0.9", table.Output, StringComparison.Ordinal);
        Assert.Contains("what the fold itself costs in full precision", table.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await CommandRunner.Run("generate", output, "--prompt", "Line", "--max-tokens", "3")).ExitCode);
    }

    [Fact]
    public async Task Quantize_MissingTextOrProfile_SaysWhatItIsFor()
    {
        string output = fixture.Fresh("out"), profile = fixture.Fresh("unfolded.json"), merged = fixture.Fresh("merged.json");
        await Json("locate", fixture.Model, "--text", fixture.Text, "--out", profile);
        await Json("locate", fixture.Model, "--text", fixture.Text, "--fold-prefix", "40,0", "--fold-merge", "--out", merged);
        string[] fold = ["quantize", fixture.Model, "--preserve", "fold", "--out", output];

        (await CommandRunner.Run([.. fold, "--scheme", "w8a16", "--fold-prefix", "auto"])).MustFail(2, "needs a text to search, merge or drop on");
        (await CommandRunner.Run([.. fold, "--scheme", "w8a8-tensor-static"])).MustFail(2, "needs static activation scales: give --profile or --text");
        (await CommandRunner.Run([.. fold, "--scheme", "w8a16", "--no-bos"])).MustFail(2, "--no-bos is given, but BOS stands for a folded prefix");
        (await CommandRunner.Run([.. fold, "--scheme", "w8a16", "--fold-prefix", "999"])).MustFail(1, "The prefix to fold holds token id 999; the vocabulary has ids 0 to 257.");
        (await CommandRunner.Run([.. fold, "--scheme", "w8a8-tensor-static", "--profile", profile])).MustFail(1, profile, "without a fold; make one with locate --fold");
        (await CommandRunner.Run([.. fold, "--scheme", "w8a8-tensor-static", "--profile", merged])).MustFail(1, merged, "give the text instead");
        Assert.False(Path.Exists(output));
    }

    [Fact]
    public async Task FoldedCheckpoint_WithoutBos_NamesTheOption()
    {
        string folded = fixture.Fresh("folded");
        await Json("quantize", fixture.Model, "--scheme", "w8a8-token", "--preserve", "fold", "--out", folded);

        (await CommandRunner.Run("perplexity", folded, "--text", fixture.Text, "--no-bos")).MustFail(2, "--no-bos is given, but this checkpoint's prefix is folded");
        (await CommandRunner.Run("generate", folded, "--prompt", "a", "--no-bos")).MustFail(2, "--no-bos is given");
        (await CommandRunner.Run("logits", folded, "--prompt", "a", "--no-bos")).MustFail(2, "--no-bos is given");
        (await CommandRunner.Run("locate", folded, "--text", fixture.Text, "--no-bos")).MustFail(2, "--no-bos is given");
        (await CommandRunner.Run("logits", folded, "--ids", "40,50")).MustFail(1, "starts with token id 40", "--no-bos");
        (await CommandRunner.Run("locate", folded, "--text", fixture.Text, "--fold")).MustFail(1, "folded already");
        (await CommandRunner.Run("quantize", folded, "--scheme", "w8a16", "--preserve", "fold", "--out", fixture.Fresh("twice"))).MustFail(1, "folded already");
    }

    [Fact]
    public async Task FoldedCheckpoint_BrokenConstant_NamesTheTensor()
    {
        string folded = fixture.Fresh("folded");
        await Json("quantize", fixture.Model, "--scheme", "w8a16", "--preserve", "fold", "--out", folded);
        long place;
        using (var store = TensorStore.Open(folded))
        {
            place = store.Require("fold.values", 2, 2, 1, 8).ByteOffset + 12;
        }

        using (FileStream stream = new(Path.Combine(folded, "model.safetensors"), FileMode.Open, FileAccess.Write))
        {
            stream.Position = place;
            stream.Write(BitConverter.GetBytes(float.NaN));
        }

        (await CommandRunner.Run("inspect", folded)).MustFail(1, "tensor 'fold.values': element 3 is NaN; constants must be finite");
    }

    [Fact]
    public async Task Locate_Fold_ShowsRangesBeforeAndAfter()
    {
        CommandOutcome outcome = await CommandRunner.Run("locate", fixture.Model, "--text", fixture.Text, "--fold-prefix", "auto");

        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith("Folded: [<|bos|>] (token id 0)", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("int8 scale before", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("output of block 1", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("The prefix suffices on 8 windows: no token behind the prefix holds anything massive.", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_Default_FoldsWhereItCan()
    {
        string profile = fixture.Fresh("p.json"), foldedProfile = fixture.Fresh("f.json");
        await Json("locate", fixture.Model, "--text", fixture.Text, "--out", profile);
        await Json("locate", fixture.Model, "--text", fixture.Text, "--fold", "--out", foldedProfile);
        string[] compare = ["compare", fixture.Model, "--text", fixture.Text, "--windows", "1", "--context", "16"];

        Assert.Equal(15, await CountFolded([.. compare, "--calibration", fixture.Text]));
        Assert.Equal(15, await CountFolded([.. compare, "--profile", profile, "--folded-profile", foldedProfile]));
        Assert.Equal(0, await CountFolded([.. compare, "--profile", profile]));
        Assert.Equal(0, await CountFolded([.. compare, "--calibration", fixture.Text, "--no-bos"]));
        CommandOutcome note = await CommandRunner.Run([.. compare, "--profile", profile, "--arms", "w8a16:fold", "--folded-profile", profile]);
        note.MustFail(1, profile, "without a fold");

        static async Task<int> CountFolded(string[] arguments) =>
            (await Json(arguments)).GetProperty("arms").EnumerateArray().Count(arm => arm.GetProperty("preserve").GetString()!.StartsWith("fold", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Compare_LongerPrefix_ShortensTheWindowsToThePositionsItLeaves()
    {
        JsonElement document = await Json("compare", fixture.Model, "--text", fixture.Text, "--calibration", fixture.Text, "--arms", "float:fold,w8a8-tensor-static:fold", "--fold-prefix", "40,50,0");

        Assert.Equal(62, document.GetProperty("baseline").GetProperty("context").GetInt32());
        (await CommandRunner.Run("compare", fixture.Model, "--text", fixture.Text, "--calibration", fixture.Text, "--arms", "w8a16:fold", "--fold-prefix", "40,0", "--context", "64")).MustFail(2, "--context is 64", "2 to 63");
    }

    private static async Task<JsonElement> Json(params string[] arguments)
    {
        CommandOutcome outcome = await CommandRunner.Run([.. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }
}

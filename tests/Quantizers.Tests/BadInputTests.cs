using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>Each case is one mistake of a user: its message, and that nothing was written.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly PreparedModel _prepared = PreparedModel.Random("LlamaForCausalLM");
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("w8a8-tensor-static", "none", "takes static activation scales from a calibration profile; give a profile, or a text to make one from.")]
    [InlineData("residual-int8", "none", "takes the scale of each block's output from a calibration profile")]
    [InlineData("w8a8-token", "channels", "takes the channels that hold outliers from a calibration profile")]
    [InlineData("w8a8-token", "clip", "takes the channels that hold outliers from a calibration profile")]
    [InlineData("w4a16", "mean", "takes the channels to replace and their means from a calibration profile")]
    public void Plan_NoProfile_SaysWhatItIsNeededFor(string scheme, string preserve, string message) =>
        AssertRefused<ArgumentException>($"Scheme {scheme} with preserve {preserve} {message}", () => Make(PreparedModel.Options(scheme, preserve), profile: null));

    [Theory]
    [InlineData("w4a16", "clip", null, false, null, "Preserve clip saturates activations, and scheme w4a16 leaves activations in float; use none, channels, mean, fold or fold+channels.")]
    [InlineData("w8a16", "channels", -1, false, null, "The number of channels is -1; it is 0 or more, or auto.")]
    [InlineData("w8a16", "channels", 32, false, null, "32 channels leave nothing to round in model.layers.0.self_attn.q_proj, which has 32 input channels.")]
    [InlineData("residual-int4", "mean", 32, false, null, "32 channels leave nothing to round in a residual stream of 32 channels.")]
    [InlineData("residual-int4", "none", null, true, null, "leaves every linear in float, so the head cannot be included.")]
    [InlineData("residual-int4", "none", null, false, 2, "There is no block 2;")]
    [InlineData("residual-int4", "none", null, false, -1, "There is no block -1;")]
    [InlineData("w8a16", "none", null, false, 1, "A residual block is given, but scheme w8a16 does not round the residual stream")]
    public void Plan_RequestWithoutMeaning_IsRefused(string scheme, string preserve, int? channels, bool includeHead, int? residualBlock, string message) =>
        AssertRefused<ArgumentException>(message, () => Make(PreparedModel.Options(scheme, preserve, channels, includeHead, residualBlock), _prepared.Profile));

    [Fact]
    public void Plan_UnknownMethod_ListsTheMethods() =>
        AssertRefused<ArgumentException>(
            "There is no method 'gptq'. The methods are rtn.", () => Make(PreparedModel.Options("w8a16") with { Method = "gptq" }, null));

    [Fact]
    public void Plan_ProfileOfAnotherModel_NamesBoth()
    {
        using PreparedModel other = PreparedModel.Random("GPT2LMHeadModel");

        AssertRefused<ArgumentException>("The calibration profile was made from", () => Make(PreparedModel.Options("w8a8-tensor-static"), other.Profile));
    }

    [Fact]
    public void Plan_QuantizedCheckpoint_AsksForItsSource()
    {
        QuantizationPlan plan = _prepared.Plan("w8a16");
        using var source = new TemporaryDirectory();
        QuantizedCheckpoint.Write(Quantizer.Apply(_prepared.Model, plan), plan, source.File("quantized"));
        using TransformerModel quantized = TransformerModel.Open(source.File("quantized"), _prepared.Context);

        AssertRefused<ArgumentException>(
            "is already quantized (w8a16, preserve none); quantize the checkpoint that it was made from.",
            () => QuantizationPlanner.Plan(quantized, null, PreparedModel.Options("w4a16")));
    }

    [Fact]
    public void Apply_WeightThatIsNaN_NamesTensorRowAndColumn()
    {
        using var source = new TemporaryDirectory();
        foreach (string path in Directory.EnumerateFiles(_prepared.Model.Directory))
        {
            File.Copy(path, source.File(Path.GetFileName(path)));
        }

        Tensor down = _prepared.Model.Store.Require("model.layers.1.mlp.down_proj.weight", 32, 80);
        using (FileStream file = File.OpenWrite(source.File("model.safetensors")))
        {
            file.Position = down.ByteOffset + (2 * ((3 * 80) + 5));
            file.Write([0xC0, 0x7F]); // a quiet NaN in BF16
        }

        using TransformerModel model = TransformerModel.Open(source.Path, _prepared.Context);
        AssertRefused<CheckpointFormatException>(
            "tensor 'model.layers.1.mlp.down_proj.weight': the weight of output feature 3, input feature 5 of model.layers.1.mlp.down_proj is NaN; only finite weights can be quantized.",
            () =>
            {
                QuantizationPlan plan = QuantizationPlanner.Plan(model, null, PreparedModel.Options("w8a16"));
                QuantizedCheckpoint.Write(Quantizer.Apply(model, plan), plan, _directory.File("out"));
            });
    }

    [Fact]
    public void Apply_PlanThatDoesNotFit_SaysWhere()
    {
        QuantizationPlan plan = _prepared.Plan("w8a8-tensor-static", "mean", 2);
        LinearPlan first = plan.Linears[0];
        AssertNoFit("which does not exist in", first with { Name = "model.layers.9.mlp.up_proj" });
        AssertNoFit("which is planned twice in", first, first);
        AssertNoFit("gives model.layers.0.self_attn.q_proj the static scale none with activation scale tensor-static", first with { StaticScale = null });
        AssertNoFit("the static scale 0 with", first with { StaticScale = 0 });
        AssertNoFit("lists channel 32 after -1 at model.layers.0.self_attn.q_proj; channels are sorted, distinct and from 0 to 31.", first with { Channels = [new(32, "", 0, 0)] });
        AssertNoFit("lists channel 4 after 4", first with { Channels = [new(4, "", 0, 0), new(4, "", 0, 0)] });
        AssertNoFit("has no means for channel 4 at model.layers.0.self_attn.q_proj.", first with { Channels = [new(4, "", null, 0)] });
        AssertNoFit("groups of 0 columns; 1 to 32 are possible", first with { GroupSize = 0 });
        AssertNoFit("groups of 33 columns; 1 to 32 are possible", first with { GroupSize = 33 });
        AssertNoFit("There are no 'int5' weights", first with { Weights = "int5" });
        AssertNoFit("There are no 'int2' activations", first with { Activations = "int2" });

        void AssertNoFit(string message, params LinearPlan[] linears) =>
            AssertRefused<ArgumentException>(message, () => Quantizer.Apply(_prepared.Model, plan with { Linears = linears }));
    }

    [Fact]
    public void Apply_ResidualPlanThatDoesNotFit_SaysWhere()
    {
        QuantizationPlan plan = _prepared.Plan("residual-int4");
        AssertNoFit("The plan rounds the output of block 2 to 4 bits; scheme residual-int4 can do so once for each of blocks 0 to 1", plan.Blocks[0] with { Block = 2 });
        AssertNoFit("block 0 to 8 bits", plan.Blocks[0] with { Bits = 8 });
        AssertNoFit("gives block 0 the scale -1; a positive number is needed.", plan.Blocks[0] with { Scale = -1 });
        AssertNoFit("The plan rounds the output of block 0", plan.Blocks[0], plan.Blocks[0]);

        void AssertNoFit(string message, params BlockPlan[] blocks) =>
            AssertRefused<ArgumentException>(message, () => Quantizer.Apply(_prepared.Model, plan with { Blocks = blocks }));
    }

    [Fact]
    public void Write_OutputThatHoldsTheSource_IsRefused()
    {
        string source = _prepared.Model.Directory;
        string[] before = Directory.GetFiles(source);
        string link = _directory.File("link");
        Directory.CreateSymbolicLink(link, source);

        foreach (string output in (string[])[source, source + "/", Path.Combine(source, ".."), link])
        {
            Assert.Contains(
                "holds the model that is being read",
                Assert.Throws<ArgumentException>(() => WriteTo(output, overwrite: true)).Message,
                StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.GetFiles(source));
    }

    [Fact]
    public void Write_OutputThatIsTaken_IsRefusedAndStays()
    {
        string taken = _directory.File("taken");
        Directory.CreateDirectory(taken);
        File.WriteAllText(Path.Combine(taken, "notes.txt"), "mine");
        _directory.Write("file", "mine");

        Assert.Contains("the directory exists and is not empty", Assert.Throws<IOException>(() => WriteTo(taken, false)).Message, StringComparison.Ordinal);
        Assert.Contains("is not a checkpoint", Assert.Throws<IOException>(() => WriteTo(taken, true)).Message, StringComparison.Ordinal);
        Assert.Contains("there is a file of this name", Assert.Throws<IOException>(() => WriteTo(_directory.File("file"), true)).Message, StringComparison.Ordinal);
        Assert.Equal(["file", "taken"], _directory.Names);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(taken, "notes.txt")));
    }

    [Fact]
    public void Write_CancelledOrMismatched_LeavesNothingBehind()
    {
        QuantizationPlan plan = _prepared.Plan("w8a16");
        TransformerModel quantized = Quantizer.Apply(_prepared.Model, plan);
        using var cancelled = new CancellationTokenSource();

        AssertRefused<OperationCanceledException>(
            "cancel", () => QuantizedCheckpoint.Write(quantized, plan, _directory.File("out"), progress: (_, _) => cancelled.Cancel(), cancellation: cancelled.Token));
        AssertRefused<ArgumentException>(
            "The model and the plan disagree on model.layers.0.self_attn.q_proj; write the model that was made from this plan.",
            () => QuantizedCheckpoint.Write(_prepared.Model, plan, _directory.File("out")));
        AssertRefused<ArgumentException>(
            "The model and the plan disagree on lm_head;",
            () => QuantizedCheckpoint.Write(quantized, _prepared.Plan("w8a16", includeHead: true), _directory.File("out")));
    }

    public void Dispose()
    {
        _prepared.Dispose();
        _directory.Dispose();
    }

    private void Make(QuantizationOptions options, CalibrationProfile? profile)
    {
        QuantizationPlan plan = QuantizationPlanner.Plan(_prepared.Model, profile, options);
        QuantizedCheckpoint.Write(Quantizer.Apply(_prepared.Model, plan), plan, _directory.File("out"));
    }

    private void WriteTo(string output, bool overwrite)
    {
        QuantizationPlan plan = _prepared.Plan("w8a16");
        QuantizedCheckpoint.Write(Quantizer.Apply(_prepared.Model, plan), plan, output, overwrite);
    }

    private void AssertRefused<T>(string message, Action mistake)
        where T : Exception
    {
        Exception thrown = Assert.ThrowsAny<T>(mistake);

        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', thrown.Message);
        Assert.Empty(_directory.Names);
    }
}

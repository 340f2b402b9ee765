using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models.Folding;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Loading;

public sealed class FoldedCheckpointTests : IDisposable
{
    private readonly TemporaryDirectory _source = new();
    private readonly TemporaryDirectory _written = new();

    public static TheoryData<string, Action<QuantizedTestCheckpoint>> Faults => new()
    {
        { "tensor 'fold.keys': there is no tensor of this name; the model needs it", c => c.Tensors.Remove("fold.keys") },
        { "tensor 'fold.values': there is no tensor of this name; the model needs it", c => c.Tensors.Remove("fold.values") },
        { "tensor 'fold.final_hidden': there is no tensor of this name; the model needs it", c => c.Tensors.Remove("fold.final_hidden") },
        { "tensor 'fold.keys': the shape is [2, 2, 1, 8]; the model needs [2, 2, 2, 8]", c => c.Set("fold.keys", TensorType.F32, [2, 2, 1, 8], new float[32]) },
        { "tensor 'fold.values': the type is BF16; F32 is needed", c => c.Set("fold.values", TensorType.BF16, [2, 2, 2, 8], new ushort[64]) },
        { "tensor 'fold.final_hidden': the shape is [16]; the model needs [32]", c => c.Set("fold.final_hidden", TensorType.F32, [16], new float[16]) },
        { "tensor 'fold.values': element 5 is NaN; constants must be finite", c => c.Set<float>("fold.values", TensorType.F32, [2, 2, 2, 8], [0, 0, 0, 0, 0, float.NaN, .. new float[58]]) },
        { "tensor 'fold.final_hidden': element 0 is", c => c.Set<float>("fold.final_hidden", TensorType.F32, [32], [float.PositiveInfinity, .. new float[31]]) },
        { "tensor 'fold.keys': the shape is [2, 2, 2, 8]; the model needs [2, 2, 3, 8]", c => Fold(c)["slots"] = 3 },
        { "fold.prefix[1] is 258; a whole number from 0 to 257 is required", c => Fold(c)["prefix"] = new JsonArray(0, 258) },
        { "tensor 'fold.keys': the tensor belongs to a fold, and quantization_config names none; both are required", c => Unfold(c) },
    };

    public void Dispose()
    {
        _source.Dispose();
        _written.Dispose();
    }

    [Theory]
    [InlineData("MistralForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Open_FoldedCheckpoint_GivesTheBitsOfTheModelInMemory(string architecture)
    {
        using TestModel source = TestModel.Open(new RandomCheckpoint { Architecture = architecture }.Write(_source.Path));
        TransformerModel folded = Folded(source.Model);
        using TestModel reopened = TestModel.Open(Checkpoint(folded).Write(_written.Path));
        int[] ids = TestTokens.Random(30);

        Assert.Equal(folded.Logits(ids), reopened.Model.Logits(ids));
        Assert.Equal([40, 0], reopened.Model.Fold!.Prefix!.TokenIds);
        Assert.Equal(source.Model.ParameterCount, reopened.Model.ParameterCount);
        WeightVerification.Check(reopened.Model);
    }

    [Fact]
    public void Open_ConstantsWithoutAPrefix_StandBeforeEverySequence()
    {
        using TestModel source = TestModel.Open(new RandomCheckpoint().Write(_source.Path));
        Fold fold = FoldBuilder.Compute(source.Model, [40, 0], 0) with { Prefix = null };
        TransformerModel withConstants = source.Model.With(fold: fold);
        QuantizedTestCheckpoint checkpoint = Checkpoint(withConstants);
        Fold(checkpoint)["prefix"] = new JsonArray();
        Fold(checkpoint)["bos_token_id"] = null;
        checkpoint.Configuration["quantization_config"]!["preserve"] = "none";
        using TestModel reopened = TestModel.Open(checkpoint.Write(_written.Path));

        Assert.Null(reopened.Model.Fold!.Prefix);
        Assert.Equal(withConstants.Logits([5, 6, 7]), reopened.Model.Logits([5, 6, 7]));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Open_WrongPart_SaysWhichAndWhatIsNeeded(string message, Action<QuantizedTestCheckpoint> spoil)
    {
        using TestModel source = TestModel.Open(new RandomCheckpoint().Write(_source.Path));
        QuantizedTestCheckpoint checkpoint = Checkpoint(Folded(source.Model));
        spoil(checkpoint);
        checkpoint.Write(_written.Path);

        CheckpointFormatException wrong = Assert.Throws<CheckpointFormatException>(() => TestModel.Open(_written.Path));

        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', wrong.Message);
    }

    private static TransformerModel Folded(TransformerModel model) => model.With(fold: FoldBuilder.Compute(model, [40, 0], 0));

    private static JsonObject Fold(QuantizedTestCheckpoint checkpoint) => checkpoint.Configuration["quantization_config"]!["fold"]!.AsObject();

    private static void Unfold(QuantizedTestCheckpoint checkpoint)
    {
        checkpoint.Configuration["quantization_config"]!["preserve"] = "none";
        checkpoint.Configuration["quantization_config"]!.AsObject().Remove("fold");
    }

    /// <summary>Writes the fold's parts as docs/formats.md says.</summary>
    private static QuantizedTestCheckpoint Checkpoint(TransformerModel folded)
    {
        QuantizedTestCheckpoint checkpoint = QuantizedTestCheckpoint.Of(folded);
        checkpoint.Configuration["quantization_config"]!["preserve"] = "fold";
        checkpoint.Configuration["quantization_config"]!["fold"] = JsonNode.Parse("""{"prefix": [40, 0], "bos_token_id": 0, "slots": 2}""");
        long[] shape = [folded.Config.BlockCount, folded.Config.KeyValueHeadCount, 2, folded.Config.HeadSize];
        checkpoint.Set<float>("fold.keys", TensorType.F32, shape, [.. folded.Fold!.Blocks.SelectMany(block => block.Keys.ToArray())]);
        checkpoint.Set<float>("fold.values", TensorType.F32, shape, [.. folded.Fold.Blocks.SelectMany(block => block.Values.ToArray())]);
        if (folded.Fold.Prefix is { } prefix)
        {
            checkpoint.Set<float>("fold.final_hidden", TensorType.F32, [folded.Config.HiddenSize], prefix.FinalHidden.ToArray());
        }

        return checkpoint;
    }
}

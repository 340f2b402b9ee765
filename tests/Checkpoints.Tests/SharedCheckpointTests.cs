using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests;

public sealed class SharedCheckpointTests
{
    [SharedTheory]
    [InlineData("models/tiny-llama", "LlamaForCausalLM", 8, 2, "model.embed_tokens.weight")]
    [InlineData("models/tiny-gpt2", "GPT2LMHeadModel", 6, 4, "wte.weight")]
    public void Open_TrainedCheckpoint_AgreesWithItsConfiguration(string model, string architecture, int blocks, int keyValueHeads, string embedding)
    {
        string directory = SharedData.Require(model);
        ModelConfig config = ModelConfig.Load(directory);
        using TensorStore store = TensorStore.Open(directory);

        Assert.Equal(architecture, config.Architecture);
        Assert.Equal(blocks, config.BlockCount);
        Assert.Equal(keyValueHeads, config.KeyValueHeadCount);
        Assert.Equal([1], config.EosTokenIds);
        Tensor tensor = store.Require(embedding, config.VocabularySize, config.HiddenSize);
        float[] row = new float[config.HiddenSize];
        tensor.ReadAsFloat(tensor.ElementCount - row.Length, row);
        Assert.All(row, static value => Assert.InRange(value, -10f, 10f));
        Assert.Contains(row, static value => value != 0);
    }
}

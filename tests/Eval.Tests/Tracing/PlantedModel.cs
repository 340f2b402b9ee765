using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Tracing;

/// <summary>Random checkpoints into which weights are planted, so that the right answer of a trace is known.</summary>
/// <remarks>
/// BOS has 30 in channel 3 of its embedding, so channel 3 of its normalized vector is near the root of the hidden size, and far below at other tokens. A neuron that reads channel 3 therefore
/// fires at BOS. Once channel 5 is large at BOS, a neuron that reads channel 5 does.
/// </remarks>
internal static class PlantedModel
{
    public const int Channel = 5;
    public const int SecondChannel = 11;
    public const int Neuron = 7;
    public const float Weight = 1.5f;

    private const int Blocks = 4;

    /// <summary>A llama whose block 1 writes 5 and 11 by one neuron, and whose block 3 takes channel 5 away again.</summary>
    /// <param name="edit">Changes the tensors after planting; null leaves them.</param>
    public static EvaluatedModel Step(Action<Dictionary<string, float[]>>? edit = null) => Open("LlamaForCausalLM", tensors =>
    {
        PlantLlama(tensors, 1, 3, Neuron, (Channel, Weight), (SecondChannel, -0.8f));
        PlantLlama(tensors, 3, Channel, 9, (Channel, -1.78f));
        edit?.Invoke(tensors);
    });

    /// <summary>A llama whose blocks 0, 1 and 2 add about as much each.</summary>
    public static EvaluatedModel Gradual() => Open("LlamaForCausalLM", tensors =>
    {
        PlantLlama(tensors, 0, 3, 7, (Channel, 0.53f));
        PlantLlama(tensors, 1, Channel, 8, (Channel, 0.5f));
        PlantLlama(tensors, 2, Channel, 9, (Channel, 0.5f));
    });

    /// <summary>A llama whose block 1 writes channel 5 by twenty neurons.</summary>
    public static EvaluatedModel ManyNeurons() => Open("LlamaForCausalLM", tensors =>
    {
        for (var neuron = 10; neuron < 30; neuron++)
        {
            PlantLlama(tensors, 1, 3, neuron, (Channel, Weight / 20));
        }
    });

    /// <summary>A llama whose block 1 makes a massive activation at every full stop, and none at BOS.</summary>
    public static EvaluatedModel AtFullStops() => Open("LlamaForCausalLM", tensors =>
    {
        PlantLlama(tensors, 1, 3, Neuron, (Channel, 6));
        var embedding = tensors["model.embed_tokens.weight"];
        embedding[(ByteTokenizer.BosTokenId * 32) + 3] = 0.5f;
        embedding[((ByteTokenizer.FirstByteId + '.') * 32) + 3] = 30;
    });

    /// <summary>A llama that has the spike in the embedding of BOS.</summary>
    public static EvaluatedModel InEmbedding() => EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 3000, BlockCount = Blocks });

    /// <summary>A GPT-2 whose block 1 writes channel 5 by one neuron without a gate.</summary>
    public static EvaluatedModel Gpt2() => Open("GPT2LMHeadModel", tensors =>
    {
        var (hidden, inner) = (32, 48);
        var up = tensors["h.1.mlp.c_fc.weight"];
        for (var c = 0; c < hidden; c++)
        {
            up[(c * inner) + Neuron] = c == 3 ? 20 : 0;
        }

        // BOS reaches about 109; the threshold of 70 keeps every other token out.
        tensors["h.1.mlp.c_fc.bias"][Neuron] = -70;
        tensors["h.1.ln_2.weight"][3] = 1;
        tensors["h.1.mlp.c_proj.weight"].AsSpan(Neuron * hidden, hidden).Clear();
        tensors["h.1.mlp.c_proj.weight"][(Neuron * hidden) + Channel] = 15;
    });

    private static EvaluatedModel Open(string architecture, Action<Dictionary<string, float[]>> plant) =>
        EvaluatedModel.WithTensors(new RandomCheckpoint { Architecture = architecture, BosOutlier = 30, BlockCount = Blocks }, plant);

    private static void PlantLlama(Dictionary<string, float[]> tensors, int block, int reads, int neuron, params (int Channel, float Weight)[] writes)
    {
        var (hidden, inner) = (32, 48);
        var prefix = $"model.layers.{block}.";
        foreach (var name in (string[])["mlp.gate_proj.weight", "mlp.up_proj.weight"])
        {
            var row = tensors[prefix + name].AsSpan(neuron * hidden, hidden);
            row.Clear();
            row[reads] = 4;
        }

        tensors[prefix + "post_attention_layernorm.weight"][reads] = 1;
        for (var channel = 0; channel < hidden; channel++)
        {
            tensors[prefix + "mlp.down_proj.weight"][(channel * inner) + neuron] = 0;
        }

        foreach (var (channel, weight) in writes)
        {
            tensors[prefix + "mlp.down_proj.weight"][(channel * inner) + neuron] = weight;
        }
    }
}

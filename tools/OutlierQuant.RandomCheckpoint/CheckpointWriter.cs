using System.Text.Json;
using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.RandomCheckpoint;

/// <summary>Writes a checkpoint of a given shape with random weights: <c>config.json</c>, <c>model.safetensors</c> and a tokenizer.</summary>
/// <remarks>
/// Weights are made as they are written, so memory stays small whatever the shape. They are scaled as trained ones are: linears by
/// <c>1/√inFeatures</c>, and those that add to the residual stream by another <c>1/√(2 · blocks)</c>, so that it stays of order 1.
/// </remarks>
internal static class CheckpointWriter
{
    private const double GainDeviation = 0.1;

    /// <summary>Writes the checkpoint; its place holds all of it or nothing.</summary>
    /// <param name="directory">Place of the directory. Its parent must exist.</param>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="seed">The same seed gives the same bytes.</param>
    /// <param name="overwrite">Whether a checkpoint at the place may be replaced.</param>
    /// <param name="progress">Told the bytes of weights written and those in all.</param>
    /// <param name="cancellation">Stops the writing and leaves nothing behind.</param>
    public static void Write(
        string directory, ModelShape shape, TensorType type, ulong seed, bool overwrite, Action<long, long>? progress, CancellationToken cancellation)
    {
        using AtomicDirectory output = AtomicDirectory.Create(directory, overwrite);
        File.WriteAllText(
            Path.Combine(output.StagingPath, "config.json"), Configuration(shape, type).ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        PairTokenizer.Write(output.StagingPath, shape.Vocabulary);
        SafetensorsWriter.Write(Path.Combine(output.StagingPath, "model.safetensors"), Tensors(shape, type, seed), null, progress, cancellation);
        output.Commit();
    }

    private static JsonObject Configuration(ModelShape shape, TensorType type) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["attention_bias"] = false,
        ["bos_token_id"] = PairTokenizer.BosTokenId,
        ["eos_token_id"] = PairTokenizer.EosTokenId,
        ["head_dim"] = shape.HeadSize,
        ["hidden_act"] = "silu",
        ["hidden_size"] = shape.HiddenSize,
        ["intermediate_size"] = shape.IntermediateSize,
        ["max_position_embeddings"] = shape.MaxPositions,
        ["mlp_bias"] = false,
        ["num_attention_heads"] = shape.Heads,
        ["num_hidden_layers"] = shape.Blocks,
        ["num_key_value_heads"] = shape.KeyValueHeads,
        ["rms_norm_eps"] = 1e-5,
        ["rope_scaling"] = null,
        ["rope_theta"] = 10000.0,
        ["tie_word_embeddings"] = false,
        ["torch_dtype"] = type switch { TensorType.F32 => "float32", TensorType.F16 => "float16", _ => "bfloat16" },
        ["vocab_size"] = shape.Vocabulary,
    };

    private static List<TensorToWrite> Tensors(ModelShape shape, TensorType type, ulong seed)
    {
        List<TensorToWrite> tensors = [];
        double added = 1 / Math.Sqrt(2.0 * shape.Blocks);
        Add("model.embed_tokens.weight", [shape.Vocabulary, shape.HiddenSize], 0, 1);
        for (int block = 0; block < shape.Blocks; block++)
        {
            string prefix = $"model.layers.{block}.";
            AddGain($"{prefix}input_layernorm.weight");
            AddLinear($"{prefix}self_attn.q_proj.weight", shape.HiddenSize, shape.HiddenSize, 1);
            AddLinear($"{prefix}self_attn.k_proj.weight", shape.KeyValueHeads * shape.HeadSize, shape.HiddenSize, 1);
            AddLinear($"{prefix}self_attn.v_proj.weight", shape.KeyValueHeads * shape.HeadSize, shape.HiddenSize, 1);
            AddLinear($"{prefix}self_attn.o_proj.weight", shape.HiddenSize, shape.HiddenSize, added);
            AddGain($"{prefix}post_attention_layernorm.weight");
            AddLinear($"{prefix}mlp.gate_proj.weight", shape.IntermediateSize, shape.HiddenSize, 1);
            AddLinear($"{prefix}mlp.up_proj.weight", shape.IntermediateSize, shape.HiddenSize, 1);
            AddLinear($"{prefix}mlp.down_proj.weight", shape.HiddenSize, shape.IntermediateSize, added);
        }

        AddGain("model.norm.weight");
        AddLinear("lm_head.weight", shape.Vocabulary, shape.HiddenSize, 1);
        return tensors;

        void AddGain(string name) => Add(name, [shape.HiddenSize], 1, GainDeviation);

        void AddLinear(string name, int rows, int columns, double factor) => Add(name, [rows, columns], 0, factor / Math.Sqrt(columns));

        void Add(string name, long[] dimensions, double mean, double deviation)
        {
            // Every tensor has its own stream of numbers, so that the order of writing does not matter.
            RandomElements elements = new(type, seed ^ ((ulong)tensors.Count << 40));
            long count = dimensions.Aggregate(1L, static (product, size) => product * size);
            tensors.Add(new TensorToWrite(name, type, dimensions, stream => elements.Write(stream, count, mean, deviation)));
        }
    }
}

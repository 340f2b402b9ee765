using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>Writes small checkpoints of random weights, with a few channels made much larger than the rest, so that there is something to preserve.</summary>
internal static class RandomCheckpoint
{
    public const int HiddenSize = 32;
    public const int InnerSize = 80; // no multiple of a packing block or of a group
    public const int Vocabulary = 258; // BOS, EOS and the 256 bytes

    private const int Blocks = 2;
    private const int Heads = 4;
    private const int KeyValueHeads = 2;
    private const int HeadSize = 8;
    private const int StreamOutlier = 5;
    private const int InnerOutlier = 7;

    /// <summary>Writes a Llama in BF16 whose head is tied to the embeddings unless told otherwise.</summary>
    public static void WriteLlama(string directory, int seed = 1, bool tied = true)
    {
        var weights = new Weights(seed, TensorType.BF16);
        weights.Matrix("model.embed_tokens.weight", Vocabulary, HiddenSize, 1);
        for (int block = 0; block < Blocks; block++)
        {
            string prefix = $"model.layers.{block}";
            weights.Matrix($"{prefix}.self_attn.q_proj.weight", Heads * HeadSize, HiddenSize, 0.2f);
            weights.Matrix($"{prefix}.self_attn.k_proj.weight", KeyValueHeads * HeadSize, HiddenSize, 0.2f);
            weights.Matrix($"{prefix}.self_attn.v_proj.weight", KeyValueHeads * HeadSize, HiddenSize, 0.2f);
            weights.Matrix($"{prefix}.self_attn.o_proj.weight", HiddenSize, Heads * HeadSize, 0.2f);
            weights.Matrix($"{prefix}.mlp.gate_proj.weight", InnerSize, HiddenSize, 0.2f, largeRow: InnerOutlier);
            weights.Matrix($"{prefix}.mlp.up_proj.weight", InnerSize, HiddenSize, 0.2f, largeRow: InnerOutlier);
            weights.Matrix($"{prefix}.mlp.down_proj.weight", HiddenSize, InnerSize, 0.2f, largeRow: StreamOutlier);
            weights.Norm($"{prefix}.input_layernorm.weight", HiddenSize, large: StreamOutlier);
            weights.Norm($"{prefix}.post_attention_layernorm.weight", HiddenSize, large: StreamOutlier);
        }

        weights.Norm("model.norm.weight", HiddenSize, large: StreamOutlier);
        if (!tied)
        {
            weights.Matrix("lm_head.weight", Vocabulary, HiddenSize, 0.3f);
        }

        Write(directory, weights, new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = HiddenSize,
            ["intermediate_size"] = InnerSize,
            ["num_hidden_layers"] = Blocks,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = KeyValueHeads,
            ["head_dim"] = HeadSize,
            ["hidden_act"] = "silu",
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = tied,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = 64,
            ["bos_token_id"] = 0,
            ["eos_token_id"] = 1,
            ["torch_dtype"] = "bfloat16",
        });
    }

    /// <summary>Writes a GPT-2 in F16: transposed weights, biases everywhere.</summary>
    public static void WriteGpt2(string directory, int seed = 2)
    {
        var weights = new Weights(seed, TensorType.F16);
        weights.Matrix("wte.weight", Vocabulary, HiddenSize, 1);
        weights.Matrix("wpe.weight", 64, HiddenSize, 0.1f);
        for (int block = 0; block < Blocks; block++)
        {
            string prefix = $"h.{block}";
            weights.Conv1D($"{prefix}.attn.c_attn", HiddenSize, 3 * HiddenSize, 0.2f);
            weights.Conv1D($"{prefix}.attn.c_proj", HiddenSize, HiddenSize, 0.2f);
            weights.Conv1D($"{prefix}.mlp.c_fc", HiddenSize, InnerSize, 0.2f);
            weights.Conv1D($"{prefix}.mlp.c_proj", InnerSize, HiddenSize, 0.2f);
            weights.Norm($"{prefix}.ln_1.weight", HiddenSize, large: StreamOutlier);
            weights.Norm($"{prefix}.ln_1.bias", HiddenSize, large: InnerOutlier);
            weights.Norm($"{prefix}.ln_2.weight", HiddenSize, large: StreamOutlier);
            weights.Norm($"{prefix}.ln_2.bias", HiddenSize, large: InnerOutlier);
        }

        weights.Norm("ln_f.weight", HiddenSize, large: StreamOutlier);
        weights.Norm("ln_f.bias", HiddenSize, large: InnerOutlier);
        Write(directory, weights, new JsonObject
        {
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["model_type"] = "gpt2",
            ["n_embd"] = HiddenSize,
            ["n_inner"] = InnerSize,
            ["n_layer"] = Blocks,
            ["n_head"] = Heads,
            ["activation_function"] = "gelu_new",
            ["layer_norm_epsilon"] = 1e-5,
            ["tie_word_embeddings"] = true,
            ["vocab_size"] = Vocabulary,
            ["n_positions"] = 64,
            ["bos_token_id"] = 0,
            ["eos_token_id"] = 1,
            ["torch_dtype"] = "float16",
        });
    }

    private static void Write(string directory, Weights weights, JsonObject config)
    {
        Directory.CreateDirectory(directory);
        SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), weights.Tensors);
        File.WriteAllText(Path.Combine(directory, "config.json"), config.ToJsonString());
        File.WriteAllText(Path.Combine(directory, "tokenizer.json"), ByteTokenizer.Json());
        File.WriteAllText(
            Path.Combine(directory, "tokenizer_config.json"),
            """{"bos_token": "<|bos|>", "eos_token": "<|eos|>", "add_bos_token": true, "tokenizer_class": "PreTrainedTokenizerFast"}""");
        File.WriteAllText(Path.Combine(directory, "generation_config.json"), """{"bos_token_id": 0}""");
    }

    private sealed class Weights(int seed, TensorType type)
    {
        private int _seed = 1000 * seed;

        public List<TensorToWrite> Tensors { get; } = [];

        public void Matrix(string name, int rows, int columns, float scale, int? largeRow = null)
        {
            float[,] values = RandomMatrix.Create(rows, columns, _seed++, type, scale);
            for (int column = 0; largeRow is int row && column < columns; column++)
            {
                values[row, column] = RandomMatrix.Narrow(4 * values[row, column], type);
            }

            Add(name, [rows, columns], [.. values.Cast<float>()]);
        }

        public void Conv1D(string name, int inFeatures, int outFeatures, float scale)
        {
            Matrix($"{name}.weight", inFeatures, outFeatures, scale);
            Matrix($"{name}.bias", 1, outFeatures, 0.1f);
            TensorToWrite bias = Tensors[^1];
            Tensors[^1] = bias with { Shape = [outFeatures] };
        }

        public void Norm(string name, int channels, int large)
        {
            float[] values = new float[channels];
            Array.Fill(values, name.EndsWith("bias", StringComparison.Ordinal) ? 0.1f : 1f);
            values[large] *= 12;
            Add(name, [channels], Array.ConvertAll(values, value => RandomMatrix.Narrow(value, type)));
        }

        private void Add(string name, long[] shape, float[] values) => Tensors.Add(RandomMatrix.ToTensor(name, type, shape, values));
    }
}

using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads the configuration of the architectures with rotary embeddings and gated feed-forward parts: Llama, Mistral, Qwen2 and Qwen3.</summary>
/// <remarks>A key that may be absent has the value that transformers documents for it in all four; where the four differ or
/// the value is a size of one particular model, the key is required.</remarks>
internal static class RotaryConfigReader
{
    public static ModelConfig Read(JsonItem root, ArchitectureName name)
    {
        string architecture = name.Base;
        int hiddenSize = root.Require("hidden_size").AsInteger(1, ModelConfigReader.LargestWidth);
        JsonItem headItem = root.Require("num_attention_heads");
        int heads = headItem.AsInteger(1, ModelConfigReader.LargestCount);
        int blocks = root.Require("num_hidden_layers").AsInteger(1, ModelConfigReader.LargestCount);
        (double theta, RopeScaling? scaling) = RotaryEmbeddingReader.Read(root);
        (int? window, IReadOnlyList<bool>? slidingBlocks) = SlidingWindowReader.Read(root, architecture, blocks);
        (bool attention, bool attentionOutput, bool mlp) = ReadBiases(root, architecture);
        return new ModelConfig
        {
            Path = root.FilePath,
            Architecture = name.Name,
            ModelType = name.ModelType,
            HiddenSize = hiddenSize,
            IntermediateSize = root.Require("intermediate_size").AsInteger(1, ModelConfigReader.LargestWidth),
            BlockCount = blocks,
            HeadCount = heads,
            KeyValueHeadCount = ReadKeyValueHeads(root, architecture, heads),
            HeadSize = ReadHeadSize(root, architecture, hiddenSize, headItem, heads),
            VocabularySize = root.Require("vocab_size").AsInteger(1, ModelConfigReader.LargestVocabulary),
            MaxPositions = root.Require("max_position_embeddings").AsInteger(1, ModelConfigReader.LargestPosition),
            NormEpsilon = root.Require("rms_norm_eps").AsNumber(0, 1),
            Activation = root.Require("hidden_act").AsOneOf(UnsupportedSettings.Activations),
            RopeTheta = theta,
            RopeScaling = scaling,
            SlidingWindow = window,
            SlidingBlocks = slidingBlocks,
            TieWordEmbeddings = root.Find("tie_word_embeddings")?.AsBoolean() ?? false,
            AttentionBias = attention,
            AttentionOutputBias = attentionOutput,
            MlpBias = mlp,
        };
    }

    private static int ReadKeyValueHeads(JsonItem root, string architecture, int heads)
    {
        // Llama files older than grouped-query attention have no such key; in the others its default is not the number of heads.
        JsonItem? item = architecture == ArchitectureName.Llama || root.RequireKey("num_key_value_heads").IsNull
            ? root.Find("num_key_value_heads")
            : root.Require("num_key_value_heads");
        int count = item?.AsInteger(1, ModelConfigReader.LargestCount) ?? heads;
        return heads % count == 0
            ? count
            : throw item!.Wrong($"num_key_value_heads is {count}; it must divide num_attention_heads, which is {heads}");
    }

    private static int ReadHeadSize(JsonItem root, string architecture, int hiddenSize, JsonItem headItem, int heads)
    {
        // Qwen3 alone has a default of its own for it (128).
        JsonItem? item = architecture == "Qwen3ForCausalLM" ? root.Require("head_dim") : root.Find("head_dim");
        if (item is null && hiddenSize % heads != 0)
        {
            throw headItem.Wrong($"num_attention_heads is {heads}; without head_dim it must divide hidden_size, which is {hiddenSize}");
        }

        int size = item?.AsInteger(1, ModelConfigReader.LargestWidth) ?? hiddenSize / heads;
        if (size % 2 != 0)
        {
            throw (item ?? headItem).Wrong($"the size of a head is {size}; rotary embeddings need an even one");
        }

        return (long)size * heads <= int.MaxValue
            ? size
            : throw (item ?? headItem).Wrong($"{heads} heads of {size} are more than {int.MaxValue} channels; at most so many are supported");
    }

    private static (bool Attention, bool AttentionOutput, bool Mlp) ReadBiases(JsonItem root, string architecture)
    {
        JsonItem? attentionItem = root.Find("attention_bias");
        JsonItem? mlpItem = root.Find("mlp_bias");
        bool attention = attentionItem?.AsBoolean() ?? false;
        bool mlp = mlpItem?.AsBoolean() ?? false;
        switch (architecture)
        {
            case "LlamaForCausalLM":
                return (attention, attention, mlp);
            case "Qwen3ForCausalLM" when !mlp:
                return (attention, attention, false);
            case "Qwen2ForCausalLM" when !mlp && !attention:
                return (true, false, false);
            case "MistralForCausalLM" when !mlp && !attention:
                return (false, false, false);
            default:
                JsonItem wrong = (mlp ? mlpItem : attentionItem)!;
                throw wrong.Wrong($"{wrong.KeyPath} is true; {architecture} has no such setting, so it must be false or absent");
        }
    }
}

using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads the configuration of GPT-2: learned positions, layer norms with biases, one feed-forward part without a gate.</summary>
internal static class Gpt2ConfigReader
{
    private const int IntermediatePerHidden = 4;

    public static ModelConfig Read(JsonItem root, ArchitectureName name)
    {
        int hiddenSize = root.Require("n_embd").AsInteger(1, ModelConfigReader.LargestWidth);
        JsonItem headItem = root.Require("n_head");
        int heads = headItem.AsInteger(1, ModelConfigReader.LargestCount);
        if (hiddenSize % heads != 0)
        {
            throw headItem.Wrong($"n_head is {heads}; it must divide n_embd, which is {hiddenSize}");
        }

        return new ModelConfig
        {
            Path = root.FilePath,
            Architecture = name.Name,
            ModelType = name.ModelType,
            HiddenSize = hiddenSize,
            IntermediateSize = root.Find("n_inner")?.AsInteger(1, ModelConfigReader.LargestWidth * IntermediatePerHidden) ?? IntermediatePerHidden * hiddenSize,
            BlockCount = root.Require("n_layer").AsInteger(1, ModelConfigReader.LargestCount),
            HeadCount = heads,
            KeyValueHeadCount = heads,
            HeadSize = hiddenSize / heads,
            VocabularySize = root.Require("vocab_size").AsInteger(1, ModelConfigReader.LargestVocabulary),
            MaxPositions = root.Require("n_positions").AsInteger(1, ModelConfigReader.LargestPosition),
            NormEpsilon = root.Require("layer_norm_epsilon").AsNumber(0, 1),
            Activation = root.Require("activation_function").AsOneOf(UnsupportedSettings.Activations),
            TieWordEmbeddings = root.Find("tie_word_embeddings")?.AsBoolean() ?? true,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
        };
    }
}

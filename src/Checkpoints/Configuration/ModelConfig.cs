namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>What a <c>config.json</c> says about a model: one record for every architecture.</summary>
/// <remarks>Supported are <c>LlamaForCausalLM</c>, <c>MistralForCausalLM</c>, <c>Qwen2ForCausalLM</c>, <c>Qwen3ForCausalLM</c>,
/// <c>GPT2LMHeadModel</c>, and this program's own <c>OutlierQuantLlamaForCausalLM</c> and <c>OutlierQuantGPT2LMHeadModel</c>. Every value is checked for its range, and a setting that changes the computation and is not
/// implemented is an error, so that a model is never run as something it is not.</remarks>
public sealed record ModelConfig
{
    /// <summary>Gets the file that was read.</summary>
    public required string Path { get; init; }

    /// <summary>Gets the architecture, for example <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Gets the model type, for example <c>llama</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Gets what the model has in the place of common parts.</summary>
    public ModelVariant Variant { get; init; } = ModelVariant.Plain;

    /// <summary>Gets the width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Gets the width inside the feed-forward part of a block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Gets the number of blocks.</summary>
    public required int BlockCount { get; init; }

    /// <summary>Gets the number of query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Gets the number of key and value heads; it divides <see cref="HeadCount"/>.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Gets the width of one head; even where the embedding is rotary.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Gets the number of token ids.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Gets the largest number of positions in a sequence.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Gets the number added to the variance in the norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Gets the activation function of the feed-forward part, as in the file: <c>silu</c>, <c>gelu_new</c>, …</summary>
    public required string Activation { get; init; }

    /// <summary>Gets the base of the rotary frequencies; 0 where positions are learned.</summary>
    public double RopeTheta { get; init; }

    /// <summary>Gets the scaling of the rotary frequencies, or null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Gets how many positions, its own included, a token attends to in blocks with a sliding window, or null where none has one.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Gets which blocks have the sliding window; null means all of them when <see cref="SlidingWindow"/> is set. Shape <c>[blockCount]</c>.</summary>
    public IReadOnlyList<bool>? SlidingBlocks { get; init; }

    /// <summary>Gets whether the output head is the embedding matrix.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Gets whether the query, key and value projections have biases.</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Gets whether the output projection of the attention has a bias.</summary>
    public required bool AttentionOutputBias { get; init; }

    /// <summary>Gets whether the linears of the feed-forward part have biases.</summary>
    public required bool MlpBias { get; init; }

    /// <summary>Gets the token that starts a sequence, or null when the file names none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Gets the tokens that end a text; empty when the file names none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Gets the float type that the file declares, such as <c>bfloat16</c>, or null. The tensors' own types count.</summary>
    public string? StoredType { get; init; }

    /// <summary>Gets how the linears are quantized, or null for a float checkpoint.</summary>
    public QuantizationBlock? Quantization { get; init; }

    /// <summary>Reads <c>config.json</c> of a checkpoint directory.</summary>
    /// <param name="directory">Directory of the checkpoint.</param>
    /// <returns>The validated configuration.</returns>
    /// <exception cref="FileNotFoundException">The directory has no <c>config.json</c>.</exception>
    /// <exception cref="CheckpointFormatException">The architecture is not supported, a value is missing or out of range, or a setting is not implemented.</exception>
    public static ModelConfig Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string path = System.IO.Path.Combine(directory, "config.json");
        return File.Exists(path)
            ? ModelConfigReader.Read(path)
            : throw new FileNotFoundException($"{directory}: there is no config.json; a Hugging Face checkpoint directory is needed.", path);
    }
}

using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Devices;
using OutlierQuant.Models.Engines;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;
using OutlierQuant.Models.Loading;

namespace OutlierQuant.Models;

/// <summary>A decoder-only transformer over a mapped checkpoint: what is computed, while <see cref="ForwardPass"/> and <see cref="DecodingSession"/> say when.</summary>
/// <remarks>Never changes once opened, so several passes and sessions may use it at the same time.</remarks>
public sealed class TransformerModel : IDisposable
{
    private readonly ModelParts _parts;
    private readonly bool _ownsStore;

    private TransformerModel(
        string directory, ModelConfig config, ComputeContext context, TensorStore store, ModelParts parts, IReadOnlyList<IBlockOutputTransform> transforms, bool ownsStore)
    {
        Directory = directory;
        Config = config;
        Context = context;
        Store = store;
        Transforms = transforms;
        Linears = [.. parts.Blocks.SelectMany(block => block.Linears), parts.Head];
        _parts = parts;
        _ownsStore = ownsStore;
    }

    /// <summary>Gets the directory that the model was opened from.</summary>
    public string Directory { get; }

    /// <summary>Gets the configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>Gets the kernels and threads that every computation uses.</summary>
    public ComputeContext Context { get; }

    /// <summary>Gets the mapped tensors.</summary>
    public TensorStore Store { get; }

    /// <summary>Gets all linears of the blocks in the order of computation, the output head last.</summary>
    public IReadOnlyList<Linear> Linears { get; }

    /// <summary>Gets what is applied to each block's output, in order.</summary>
    public IReadOnlyList<IBlockOutputTransform> Transforms { get; }

    /// <summary>Gets the constant keys and values that stand before every sequence, and the prefix that they stand for; null for none. A trained attention bias is a weight, not a fold.</summary>
    public Fold? Fold => _parts.Fold;

    /// <summary>Gets the number of constant keys of each head before the keys of every sequence: those of the fold, or one where the architecture has a trained one.</summary>
    public int ConstantSlots => ConstantsOf(0)?.Slots ?? 0;

    /// <summary>Gets the most tokens that a sequence may have: <c>max_position_embeddings</c>, less what a folded prefix takes beyond the BOS that stands for it.</summary>
    public int LongestSequence => Config.MaxPositions - (Fold?.Prefix?.ExtraPositions ?? 0);

    /// <summary>Gets whether positions are rows of a learned table, instead of rotations of queries and keys.</summary>
    public bool HasLearnedPositions => _parts.Embedding.HasPositionTable;

    /// <summary>Gets the number of parameters, quantized or not; a head tied to the embedding counts once.</summary>
    public long ParameterCount => _parts.ParameterCount;

    /// <summary>Gets the bytes that the linear weights of the largest block would take as float32.</summary>
    public long LargestBlockFloatBytes => _parts.Blocks.Max(block => block.Linears.Sum(linear => 4L * linear.InFeatures * linear.OutFeatures));

    /// <summary>Names the distinct kernels that compute the linears, in order of first use.</summary>
    /// <param name="tokens">Number of tokens that are computed at once, positive.</param>
    public IReadOnlyList<string> DescribeKernels(int tokens) => [.. Linears.Select(linear => DeviceLinear.Describe(linear, Context, tokens)).Distinct()];

    internal IReadOnlyList<TransformerBlock> Blocks => _parts.Blocks;

    internal Norm? FinalNorm => _parts.FinalNorm;

    internal Embedding Embedding => _parts.Embedding;

    /// <summary>Gets the floats that computing one block needs for each token, beside the residual stream.</summary>
    internal int BufferFeatures => _parts.Blocks.Max(block => block.BufferFeatures);

    /// <summary>Opens a float checkpoint or one that this program quantized.</summary>
    /// <param name="directory">Directory with <c>config.json</c> and safetensors.</param>
    /// <param name="context">Kernels and threads.</param>
    /// <exception cref="CheckpointFormatException">The configuration or a tensor is missing, wrong or unknown; the message says which, what is there and what is needed.</exception>
    public static TransformerModel Open(string directory, ComputeContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ModelConfig config = ModelConfig.Load(directory);
        if (context.Device is not null && (config.Variant.Attention == AttentionVariant.Gated || config.Variant.Norm != NormPlacement.Pre))
        {
            throw new CheckpointFormatException(config.Path, 0, $"{config.Architecture} has parts that devices lack; compute it on the CPU");
        }

        TensorStore store = TensorStore.Open(directory);
        try
        {
            return new(directory, config, context, store, new ModelReader(config, store).Read(), ReadTransforms(config), ownsStore: true);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Gives a model with other linears, transforms, constants or embeddings over the same mapping; this model stays its owner and must outlive it.</summary>
    /// <param name="replaceLinear">Gives the linear to put in the place of one, or the same; null keeps all.</param>
    /// <param name="transforms">What is applied to each block's output instead of <see cref="Transforms"/>; null keeps them.</param>
    /// <param name="fold">What stands before every sequence instead of <see cref="Fold"/>; null keeps it.</param>
    /// <param name="embedding">How the stream starts instead; null keeps it.</param>
    /// <exception cref="ArgumentException">A replacement has another name, role, block or shape, the fold is another model's, or the embedding has no such positions or is a device's.</exception>
    public TransformerModel With(
        Func<Linear, Linear>? replaceLinear = null, IReadOnlyList<IBlockOutputTransform>? transforms = null, Fold? fold = null, EmbeddingChange? embedding = null)
    {
        fold?.Validate(Config);
        if (embedding is not null && Context.Device is not null)
        {
            throw new ArgumentException("Embeddings are changed on the CPU only.", nameof(embedding));
        }

        ModelParts changed = _parts with { Fold = fold ?? _parts.Fold, Embedding = embedding is null ? _parts.Embedding : _parts.Embedding.With(embedding) };
        ModelParts parts = replaceLinear is null
            ? changed
            : changed with
            {
                Blocks = [.. _parts.Blocks.Select(block => block.With(Replace))],
                Head = Replace(_parts.Head),
            };
        return new(Directory, Config, Context, Store, parts, transforms ?? Transforms, ownsStore: false);

        Linear Replace(Linear old)
        {
            Linear replacement = replaceLinear(old);
            return replacement.Name == old.Name && replacement.Block == old.Block && replacement.Role == old.Role
                && replacement.InFeatures == old.InFeatures && replacement.OutFeatures == old.OutFeatures
                ? replacement
                : throw new ArgumentException(
                    $"'{old.Name}' (block {old.Block}, {old.Role}, [{old.OutFeatures}, {old.InFeatures}]) cannot be replaced by '{replacement.Name}' "
                    + $"(block {replacement.Block}, {replacement.Role}, [{replacement.OutFeatures}, {replacement.InFeatures}]); all of it must agree.",
                    nameof(replaceLinear));
        }
    }

    /// <summary>Computes logits from final hidden values. Large vocabularies need much memory: call it for some tokens at a time.</summary>
    /// <param name="finalHidden">The residual stream after the final norm. Shape <c>[tokens, hiddenSize]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="chunk">Which tokens they are.</param>
    /// <param name="logits">Receives the logits. Shape <c>[tokens, vocabulary]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public void ComputeLogits(ReadOnlyMemory<float> finalHidden, int tokens, SequenceChunk chunk, Memory<float> logits)
    {
        if (Context.Device is ModelDevice device)
        {
            device.Multiply(_parts.Head, finalHidden, tokens, chunk, logits, Context);
            return;
        }

        LinearLoop.Run([_parts.Head], finalHidden, tokens, chunk, [logits], Context);
    }

    /// <summary>Computes the logits of one sequence.</summary>
    /// <param name="ids">Token ids.</param>
    /// <returns>Logits. Shape <c>[tokens, vocabulary]</c>.</returns>
    /// <exception cref="ArgumentException">The sequence is empty or too long, or a token id is not in the vocabulary.</exception>
    public float[] Logits(ReadOnlySpan<int> ids)
    {
        LogitsConsumer consumer = new(this);
        new ForwardPass(this).Run([ids.ToArray()], consumer);
        return consumer.Logits;
    }

    /// <summary>Unmaps the checkpoint, if this model opened it.</summary>
    public void Dispose()
    {
        if (_ownsStore)
        {
            Store.Dispose();
        }
    }

    internal void CheckTokens(ReadOnlySpan<int> ids, int firstPosition, bool allowBeyondMaxPositions, string where)
    {
        if (ids.IsEmpty)
        {
            throw new ArgumentException($"{where} has no tokens; at least one is needed.");
        }

        foreach (int id in ids)
        {
            if ((uint)id >= (uint)Config.VocabularySize)
            {
                throw new ArgumentException($"{where} holds token id {id}; the vocabulary has ids 0 to {Config.VocabularySize - 1}.");
            }
        }

        long positions = (long)firstPosition + ids.Length + (Fold?.Prefix?.ExtraPositions ?? 0);
        if (positions > Config.MaxPositions && (HasLearnedPositions || !allowBeyondMaxPositions))
        {
            throw new ArgumentException($"{where} needs {positions} positions; the model has {Config.MaxPositions}.");
        }

        if (firstPosition == 0 && Fold?.Prefix is { } prefix && ids[0] != prefix.BosTokenId)
        {
            throw new ArgumentException(
                $"{where} starts with token id {ids[0]}, but this model has its prefix folded, and BOS (id {prefix.BosTokenId}) at the start stands for it; start with BOS (leave out --no-bos).");
        }
    }

    /// <summary>Computes one block for some tokens of one sequence, in place, then applies the transforms. Shape [tokens, hiddenSize].</summary>
    internal void RunBlock(TransformerBlock block, Memory<float> hidden, BlockCall call)
    {
        block.Forward(hidden, call);
        using PartClock clock = Context.Measure(ForwardPart.BlockOutput);
        foreach (IBlockOutputTransform transform in Transforms)
        {
            transform.Apply(block.Index, call.Chunk, hidden.Span, Config.HiddenSize);
        }
    }

    /// <summary>Normalizes the last block's output in place, if a norm stands there, and shows it to the observer as the head's input. Shape [tokens, hiddenSize].</summary>
    internal void Finish(Memory<float> hidden, BlockCall call)
    {
        _parts.FinalNorm?.Apply(hidden, call.Tokens, hidden, Context);
        call.Show(new(ObservationKind.LinearInput, _parts.Head.Block, _parts.Head.Name), hidden.Span, call.Tokens, Config.HiddenSize);
    }

    /// <summary>Creates what computes blocks where the context says.</summary>
    /// <param name="keepsSequence">Whether the streams that it starts continue one sequence.</param>
    internal IForwardEngine CreateEngine(bool keepsSequence) =>
        Context.Device is ModelDevice device ? new DeviceEngine(this, device, keepsSequence) : new HostEngine(this, keepsSequence);

    /// <summary>Gives what stands before every sequence in a block: the fold's constants, which hold the model's own, or these; null for nothing.</summary>
    internal AttentionConstants? ConstantsOf(int block) => Fold?.Blocks[block] ?? Blocks[block].Attention.Constants;

    /// <summary>Creates a cache that holds a block's constants.</summary>
    internal KeyValueCache CreateCache(int block)
    {
        KeyValueCache cache = new(Config.KeyValueHeadCount, Config.HeadSize);
        cache.Restart(ConstantsOf(block));
        return cache;
    }

    private static IReadOnlyList<IBlockOutputTransform> ReadTransforms(ModelConfig config)
    {
        if (config.Quantization?.Residual is not ResidualQuantization residual)
        {
            return [];
        }

        try
        {
            ResidualQuantizer quantizer = new(residual);
            quantizer.Validate(config.BlockCount, config.HiddenSize);
            return [quantizer];
        }
        catch (ArgumentException wrong)
        {
            throw new CheckpointFormatException(config.Path, 0, $"quantization_config.residual: {wrong.Message.TrimEnd('.')}", null, wrong);
        }
    }

    private sealed class LogitsConsumer(TransformerModel model) : IWindowConsumer
    {
        public float[] Logits { get; private set; } = [];

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
            int tokens = chunk.TokenIds.Length;
            Logits = new float[checked(tokens * model.Config.VocabularySize)];
            model.ComputeLogits(finalHidden, tokens, chunk, Logits);
        }
    }
}

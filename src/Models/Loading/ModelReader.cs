using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Architectures;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Loading;

/// <summary>Builds the parts of a model from a checkpoint, and refuses tensors that are missing, misshapen or unknown.</summary>
internal sealed class ModelReader
{
    private readonly ModelConfig _config;
    private readonly Architecture _architecture;
    private readonly TensorNames _names;
    private readonly UsedTensors _tensors;
    private readonly QuantizedLinearReader _quantized;
    private readonly string _prefix;
    private readonly RotaryEmbedding? _rotary;
    private readonly ActivationFunction _activation;

    public ModelReader(ModelConfig config, TensorStore store)
    {
        _config = config;
        _architecture = Architecture.Find(config);
        _names = _architecture.Names;
        _activation = ActivationFunction.Find(config);
        _tensors = new UsedTensors(store);
        _quantized = new QuantizedLinearReader(config, _tensors);
        _prefix = _names.Prefixes.FirstOrDefault(prefix => store.TryGet($"{prefix}{_names.Embedding}.weight", out _)) ?? _names.Prefixes[0];
        _rotary = _names.Positions is null ? new RotaryEmbedding(config.HeadSize, config.RopeTheta, config.RopeScaling) : null;
    }

    private string BlockPrefix => $"{_prefix}{_names.Blocks}.";

    /// <summary>Reads the whole model.</summary>
    /// <exception cref="CheckpointFormatException">A tensor is missing, misshapen, of a wrong type, or not part of the architecture.</exception>
    public ModelParts Read()
    {
        Tensor embedding = _tensors.RequireTable($"{_prefix}{_names.Embedding}.weight", _config.VocabularySize, _config.HiddenSize);
        Tensor? positions = _names.Positions is null
            ? null
            : _tensors.RequireTable($"{_prefix}{_names.Positions}.weight", _config.MaxPositions, _config.HiddenSize);
        TransformerBlock[] blocks = [.. Enumerable.Range(0, _config.BlockCount).Select(ReadBlock)];
        Norm? finalNorm = _names.FinalNorm is null ? null : ReadNorm($"{_prefix}{_names.FinalNorm}", _config.HiddenSize, _architecture.Norm);
        Linear head = ReadHead(embedding);
        _tensors.RefuseUnused(BlockPrefix, _names.Ignored, _architecture.Name);
        _quantized.RefuseUnused();
        Fold? fold = FoldReader.Read(_config, _tensors);
        long parameters = embedding.ElementCount + (positions?.ElementCount ?? 0) + _tensors.VectorElements
            + blocks.SelectMany(block => block.Linears).Sum(Weights) + (_config.TieWordEmbeddings ? 0 : Weights(head));
        return new ModelParts(new Embedding(embedding, positions), blocks, finalNorm, head, fold, parameters);
    }

    private static long Weights(Linear linear) => (long)linear.InFeatures * linear.OutFeatures;

    private TransformerBlock ReadBlock(int index)
    {
        string prefix = $"{BlockPrefix}{index}.";
        AttentionShape shape = new(_config.HeadCount, _config.KeyValueHeadCount, _config.HeadSize, SlidingWindow(index));
        (LinearRole Role, int Size)[] projections = _names.QueryKeyValue.Count == 1
            ? [(LinearRole.QueryKeyValue, shape.QuerySize + (2 * shape.KeyValueSize))]
            : [(LinearRole.Query, shape.QuerySize), (LinearRole.Key, shape.KeyValueSize), (LinearRole.Value, shape.KeyValueSize)];
        Linear[] queryKeyValue =
        [
            .. projections.Zip(_names.QueryKeyValue, (projection, name) =>
                ReadLinear(prefix + name, index, projection.Role, _config.HiddenSize, projection.Size, _config.AttentionBias)),
        ];
        SelfAttention attention = new(
            shape,
            queryKeyValue,
            _names.QueryNorm is null ? null : ReadNorm(prefix + _names.QueryNorm, shape.HeadSize, NormKind.RootMeanSquare),
            _names.KeyNorm is null ? null : ReadNorm(prefix + _names.KeyNorm, shape.HeadSize, NormKind.RootMeanSquare),
            _rotary,
            ReadLinear(prefix + _names.AttentionOutput, index, LinearRole.AttentionOutput, shape.QuerySize, _config.HiddenSize, _config.AttentionOutputBias))
        {
            Constants = ReadConstants(prefix),
            Gate = _names.AttentionGate is null
                ? null
                : ReadLinear(prefix + _names.AttentionGate, index, LinearRole.AttentionGate, _config.HiddenSize, shape.Heads, _config.AttentionBias),
        };
        Mlp mlp = new(
            _names.Gate is null ? null : ReadLinear(prefix + _names.Gate, index, LinearRole.Gate, _config.HiddenSize, _config.IntermediateSize, _config.MlpBias),
            ReadLinear(prefix + _names.Up, index, LinearRole.Up, _config.HiddenSize, _config.IntermediateSize, _config.MlpBias),
            ReadLinear(prefix + _names.Down, index, LinearRole.Down, _config.IntermediateSize, _config.HiddenSize, _config.MlpBias),
            _activation);
        return new TransformerBlock(
            index,
            ReadNorm(prefix + _names.AttentionNorm, _config.HiddenSize, _architecture.Norm),
            attention,
            ReadNorm(prefix + _names.MlpNorm, _config.HiddenSize, _architecture.Norm),
            mlp)
        {
            Placement = _config.Variant.Norm,
            AttentionOutputNorm = _names.AttentionOutputNorm is null ? null : ReadNorm(prefix + _names.AttentionOutputNorm, _config.HiddenSize, _architecture.Norm),
            MlpOutputNorm = _names.MlpOutputNorm is null ? null : ReadNorm(prefix + _names.MlpOutputNorm, _config.HiddenSize, _architecture.Norm),
        };
    }

    private AttentionConstants? ReadConstants(string prefix) => _names.ConstantKey is null
        ? null
        : new(
            1,
            _config.HeadSize,
            _tensors.ReadFiniteTable($"{prefix}{_names.ConstantKey}", _config.KeyValueHeadCount, _config.HeadSize),
            _tensors.ReadFiniteTable($"{prefix}{_names.ConstantValue}", _config.KeyValueHeadCount, _config.HeadSize));

    private Linear ReadLinear(string name, int block, LinearRole role, int inFeatures, int outFeatures, bool hasBias)
    {
        float[]? bias = hasBias ? _tensors.ReadVector($"{name}.bias", outFeatures) : null;
        if (_quantized.TryRead(name, block, role, inFeatures, outFeatures, bias) is QuantizedLinear quantized)
        {
            return quantized;
        }

        bool isTransposed = _architecture.HasTransposedWeights;
        Tensor weight = isTransposed
            ? _tensors.Require($"{name}.weight", inFeatures, outFeatures)
            : _tensors.Require($"{name}.weight", outFeatures, inFeatures);
        return new FloatLinear(name, block, role, weight, isTransposed, bias);
    }

    private Linear ReadHead(Tensor embedding)
    {
        if (_quantized.TryRead(_names.Head, -1, LinearRole.Head, _config.HiddenSize, _config.VocabularySize, null) is QuantizedLinear quantized)
        {
            return quantized;
        }

        Tensor weight = _config.TieWordEmbeddings
            ? embedding
            : _tensors.Require($"{_names.Head}.weight", _config.VocabularySize, _config.HiddenSize);
        return new FloatLinear(_names.Head, -1, LinearRole.Head, weight, false, null);
    }

    private Norm ReadNorm(string name, int size, NormKind kind) => new(
        kind,
        _tensors.ReadVector($"{name}.weight", size),
        kind == NormKind.Layer ? _tensors.ReadVector($"{name}.bias", size) : null,
        _config.NormEpsilon);

    private int SlidingWindow(int block) =>
        _config.SlidingWindow is int window && (_config.SlidingBlocks?[block] ?? true) ? window : int.MaxValue;
}

using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Training.Parameters;

/// <summary>The parameters of a model by their places.</summary>
internal sealed class ModelParameters
{
    private readonly ModelShape _shape;

    /// <summary>Lays out the parameters of a shape, all zero.</summary>
    public ModelParameters(ModelShape shape)
    {
        _shape = shape;
        Embedding = Set.Add(ParameterKind.Embedding, shape.VocabularySize, shape.HiddenSize);
        Positions = shape.Family == ModelFamily.Gpt2 ? Set.Add(ParameterKind.Positions, shape.Context, shape.HiddenSize) : null;
        SinkToken = shape.SinkRows > 0 ? Set.Add(ParameterKind.SinkToken, 1, shape.HiddenSize) : null;
        Blocks = [.. Enumerable.Range(0, shape.BlockCount).Select(_ => AddBlock())];
        FinalNorm = shape.Variant.Norm == NormPlacement.Post ? null : AddNorm();
        Set.Allocate();
    }

    /// <summary>Gets what holds the numbers.</summary>
    public ParameterSet Set { get; } = new();

    /// <summary>Gets the token table, which is the output head too. Shape [vocabulary, hiddenSize].</summary>
    public Parameter Embedding { get; }

    /// <summary>Gets the position table, or null for rotary positions. Shape [context, hiddenSize].</summary>
    public Parameter? Positions { get; }

    /// <summary>Gets the token in front of every window, or null. Shape [1, hiddenSize].</summary>
    public Parameter? SinkToken { get; }

    /// <summary>Gets the blocks in order.</summary>
    public IReadOnlyList<BlockParameters> Blocks { get; }

    /// <summary>Gets the norm after the last block, or null.</summary>
    public NormParameters? FinalNorm { get; }

    private BlockParameters AddBlock()
    {
        ModelVariant variant = _shape.Variant;
        bool isBias = variant.Attention == AttentionVariant.Bias;
        int hidden = _shape.HiddenSize, heads = _shape.KeyValueHeadCount, headSize = _shape.HeadSize;
        int gates = variant.Attention == AttentionVariant.Gated ? _shape.HeadCount : 0;
        int branches = _shape.Family == ModelFamily.Llama ? 2 : 1;
        bool before = variant.Norm != NormPlacement.Post, after = variant.Norm != NormPlacement.Pre;
        return new BlockParameters
        {
            AttentionNorm = before ? AddNorm() : null,
            QueryKeyValue = AddLinear(ParameterKind.QueryKeyValue, _shape.QuerySize + (2 * _shape.KeyValueSize) + gates, hidden),
            QueryGain = variant.QueryKeyNorm ? Set.Add(ParameterKind.HeadNormGain, 1, headSize) : null,
            KeyGain = variant.QueryKeyNorm ? Set.Add(ParameterKind.HeadNormGain, 1, headSize) : null,
            ConstantKey = isBias ? Set.Add(ParameterKind.ConstantKey, heads, headSize) : null,
            ConstantValue = isBias ? Set.Add(ParameterKind.ConstantValue, heads, headSize) : null,
            AttentionOutput = AddLinear(ParameterKind.AttentionOutput, hidden, _shape.QuerySize),
            AttentionOutputNorm = after ? AddNorm() : null,
            MlpNorm = before ? AddNorm() : null,
            MlpInput = AddLinear(ParameterKind.MlpInput, branches * _shape.IntermediateSize, hidden),
            MlpOutput = AddLinear(ParameterKind.MlpOutput, hidden, _shape.IntermediateSize),
            MlpOutputNorm = after ? AddNorm() : null,
        };
    }

    private LinearParameters AddLinear(ParameterKind kind, int outFeatures, int inFeatures) => new(
        Set.Add(kind, outFeatures, inFeatures), _shape.Family == ModelFamily.Gpt2 ? Set.Add(ParameterKind.LinearBias, 1, outFeatures) : null);

    private NormParameters AddNorm() => new(
        Set.Add(ParameterKind.NormGain, 1, _shape.HiddenSize), _shape.Family == ModelFamily.Gpt2 ? Set.Add(ParameterKind.NormBias, 1, _shape.HiddenSize) : null);
}

using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Architectures;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Saving;

/// <summary>Which tensors a checkpoint has, by the names of its architecture.</summary>
internal sealed class TensorLayout
{
    private readonly ModelShape _shape;
    private readonly TensorNames _names;
    private readonly List<TensorPart> _parts = [];

    private TensorLayout(ModelShape shape)
    {
        Architecture architecture = Architecture.All.Single(known => known.Name == ArchitectureOf(shape));
        (_shape, _names) = (shape, architecture.HasVariants ? architecture.Names.Of(shape.Variant) : architecture.Names);
    }

    private string Prefix => _names.Prefixes[0];

    private bool IsTransposed => _shape.Family == ModelFamily.Gpt2;

    /// <summary>The name of the architecture: a published one if there is one for the variant.</summary>
    public static string ArchitectureOf(ModelShape shape) => (shape.Family, shape.Variant) switch
    {
        (ModelFamily.Llama, { Attention: AttentionVariant.Default, Norm: NormPlacement.Pre, QueryKeyNorm: false }) => "LlamaForCausalLM",
        (ModelFamily.Llama, { Attention: AttentionVariant.Default, Norm: NormPlacement.Pre }) => "Qwen3ForCausalLM",
        (ModelFamily.Llama, _) => "OutlierQuantLlamaForCausalLM",
        (_, { Attention: AttentionVariant.Default, Norm: NormPlacement.Pre, QueryKeyNorm: false }) => "GPT2LMHeadModel",
        _ => "OutlierQuantGPT2LMHeadModel",
    };

    /// <summary>Lists the tensors of all parameters, each element once.</summary>
    public static IReadOnlyList<TensorPart> Of(ModelShape shape, ModelParameters parameters)
    {
        TensorLayout layout = new(shape);
        layout.Add(parameters);
        return layout._parts;
    }

    /// <summary>The names of a block's constants: k′, then v′.</summary>
    public static (string Key, string Value) ConstantsOf(ModelShape shape, int block)
    {
        TensorLayout layout = new(shape);
        string prefix = layout.PrefixOf(block);
        return (prefix + layout._names.ConstantKey, prefix + layout._names.ConstantValue);
    }

    private string PrefixOf(int block) => $"{Prefix}{_names.Blocks}.{block}.";

    private void Add(ModelParameters parameters)
    {
        AddMatrix($"{Prefix}{_names.Embedding}.weight", parameters.Embedding);
        if (parameters.Positions is not null)
        {
            AddMatrix($"{Prefix}{_names.Positions}.weight", parameters.Positions);
        }

        if (parameters.SinkToken is not null)
        {
            AddVector($"{Prefix}sink_token", parameters.SinkToken);
        }

        for (int block = 0; block < parameters.Blocks.Count; block++)
        {
            AddBlock(PrefixOf(block), parameters.Blocks[block]);
        }

        AddNorm($"{Prefix}{_names.FinalNorm}", parameters.FinalNorm);
    }

    private void AddBlock(string prefix, BlockParameters block)
    {
        // After the addition only, norms take the places of the first two names.
        bool isPost = _shape.Variant.Norm == NormPlacement.Post;
        AddNorm(prefix + _names.AttentionNorm, isPost ? block.AttentionOutputNorm : block.AttentionNorm);
        AddQueryKeyValue(prefix, block.QueryKeyValue);
        AddVector($"{prefix}{_names.QueryNorm}.weight", block.QueryGain);
        AddVector($"{prefix}{_names.KeyNorm}.weight", block.KeyGain);
        AddMatrix(prefix + _names.ConstantKey, block.ConstantKey);
        AddMatrix(prefix + _names.ConstantValue, block.ConstantValue);
        AddLinear(prefix + _names.AttentionOutput, block.AttentionOutput, 0, _shape.HiddenSize);
        AddNorm(prefix + _names.AttentionOutputNorm, isPost ? null : block.AttentionOutputNorm);
        AddNorm(prefix + _names.MlpNorm, isPost ? block.MlpOutputNorm : block.MlpNorm);
        int width = _shape.IntermediateSize;
        if (_names.Gate is not null)
        {
            AddLinear(prefix + _names.Gate, block.MlpInput, 0, width);
        }

        AddLinear(prefix + _names.Up, block.MlpInput, _names.Gate is null ? 0 : width, width);
        AddLinear(prefix + _names.Down, block.MlpOutput, 0, _shape.HiddenSize);
        AddNorm(prefix + _names.MlpOutputNorm, isPost ? null : block.MlpOutputNorm);
    }

    private void AddQueryKeyValue(string prefix, LinearParameters linear)
    {
        int[] rows = [_shape.QuerySize, _shape.KeyValueSize, _shape.KeyValueSize];
        if (_names.QueryKeyValue.Count == 1)
        {
            rows = [rows.Sum()];
        }

        int first = 0;
        foreach ((string name, int count) in _names.QueryKeyValue.Zip(rows))
        {
            AddLinear(prefix + name, linear, first, count);
            first += count;
        }

        if (_names.AttentionGate is not null)
        {
            AddLinear(prefix + _names.AttentionGate, linear, first, _shape.HeadCount);
        }
    }

    private void AddLinear(string name, LinearParameters linear, int firstRow, int rows)
    {
        int columns = linear.Weight.Columns;
        _parts.Add(new($"{name}.weight", linear.Weight, firstRow, IsTransposed ? [columns, rows] : [rows, columns], IsTransposed));
        if (linear.Bias is not null)
        {
            _parts.Add(new($"{name}.bias", linear.Bias, firstRow, [rows], false));
        }
    }

    private void AddNorm(string name, NormParameters? norm)
    {
        AddVector($"{name}.weight", norm?.Gain);
        AddVector($"{name}.bias", norm?.Bias);
    }

    private void AddVector(string name, Parameter? parameter)
    {
        if (parameter is not null)
        {
            _parts.Add(new(name, parameter, 0, [parameter.Columns], false));
        }
    }

    private void AddMatrix(string name, Parameter? parameter)
    {
        if (parameter is not null)
        {
            _parts.Add(new(name, parameter, 0, [parameter.Rows, parameter.Columns], false));
        }
    }
}

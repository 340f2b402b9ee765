using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Loading;

/// <summary>Reads the linears that <c>quantization_config</c> of a checkpoint lists. Codes and scales stay in mapped memory.</summary>
internal sealed class QuantizedLinearReader(ModelConfig config, UsedTensors tensors)
{
    private readonly HashSet<string> _read = [];

    /// <summary>Reads one linear; null if it is not quantized.</summary>
    /// <exception cref="CheckpointFormatException">A tensor is missing, misshapen, of a wrong type, or holds values that no writer makes.</exception>
    public QuantizedLinear? TryRead(string name, int block, LinearRole role, int inFeatures, int outFeatures, float[]? bias)
    {
        if (config.Quantization is null || !config.Quantization.Linears.TryGetValue(name, out LinearQuantization? entry))
        {
            return null;
        }

        _read.Add(name);
        if (Format(name, entry) is not WeightFormat format)
        {
            return null;
        }

        int groupSize = entry.GroupSize == 0 ? inFeatures : entry.GroupSize;
        if (groupSize > inFeatures)
        {
            throw Wrong(name, $"the group size is {groupSize}; the linear has {inFeatures} input features");
        }

        int groups = (inFeatures + groupSize - 1) / groupSize;
        TensorType codeType = format == WeightFormat.Int8 ? TensorType.I8 : TensorType.U8;
        Tensor codes = tensors.RequireOfType($"{name}.codes", codeType, outFeatures, WeightPacking.BytesPerRow(format, inFeatures));
        Tensor scales = tensors.RequireOfType($"{name}.scales", TensorType.F32, outFeatures, groups);
        int preserved = entry.PreservedChannels;
        Tensor? channels = preserved == 0 ? null : tensors.RequireOfType($"{name}.preserved_channels", TensorType.I32, preserved);
        Tensor? columns = preserved == 0 ? null : tensors.Require($"{name}.preserved_columns", outFeatures, preserved);
        float[] columnValues = new float[outFeatures * preserved];
        columns?.ReadAsFloat(0, columnValues);
        float[]? constants = ReadConstants(name, outFeatures);
        QuantizedWeights weights = new(
            format,
            outFeatures,
            inFeatures,
            groupSize,
            TensorMemory<byte>.Of(codes),
            TensorMemory<float>.Of(scales),
            channels is null ? [] : channels.Elements<int>(0, preserved).ToArray(),
            columnValues,
            columns?.Type ?? TensorType.F32);
        try
        {
            return new QuantizedLinear(name, block, role, weights, Activations(name, entry), bias, constants?[..outFeatures], constants?[outFeatures..]);
        }
        catch (ArgumentException wrong)
        {
            throw new CheckpointFormatException(codes.Path, codes.ByteOffset, wrong.Message.TrimEnd('.'), name, wrong);
        }
    }

    /// <summary>Throws if <c>quantization_config</c> lists a linear that the model does not have.</summary>
    public void RefuseUnused()
    {
        foreach (string name in config.Quantization?.Linears.Keys ?? [])
        {
            if (!_read.Contains(name))
            {
                throw Wrong(name, "the model has no linear of this name; quantization_config may list only those that it has");
            }
        }
    }

    private WeightFormat? Format(string name, LinearQuantization entry)
    {
        WeightFormat? format = entry.Weights switch
        {
            "int8" => WeightFormat.Int8,
            "int4" => WeightFormat.Int4,
            "ternary" => WeightFormat.Ternary,
            "float" => null,
            _ => throw Wrong(name, $"weights are '{entry.Weights}'; float, int8, int4 or ternary is needed"),
        };
        return format is not null || entry.Activations == "float"
            ? format
            : throw Wrong(name, $"weights are float and activations '{entry.Activations}'; a float linear needs float activations");
    }

    private ActivationQuantization Activations(string name, LinearQuantization entry)
    {
        int[] excluded = tensors.Find($"{name}.scale_excluded_channels", TensorType.I32) is Tensor list
            ? list.Elements<int>(0, checked((int)list.ElementCount)).ToArray()
            : [];
        int bits = entry.Activations switch
        {
            "float" => 16,
            "int8" => 8,
            "int4" => 4,
            _ => throw Wrong(name, $"activations are '{entry.Activations}'; float, int8 or int4 is needed"),
        };
        return (entry.Activations, entry.ActivationScale) switch
        {
            ("float", "none") => new(ActivationGranularity.Float, bits, float.NaN, excluded),
            (not "float", "tensor") => new(ActivationGranularity.Tensor, bits, float.NaN, excluded),
            (not "float", "token") => new(ActivationGranularity.Token, bits, float.NaN, excluded),
            (not "float", "tensor-static") =>
                new(ActivationGranularity.TensorStatic, bits, tensors.RequireOfType($"{name}.input_scale", TensorType.F32, 1).Elements<float>(0, 1)[0], excluded),
            _ => throw Wrong(name, $"activations are '{entry.Activations}' with scale '{entry.ActivationScale}'; float needs none, codes need tensor-static, tensor or token"),
        };
    }

    private float[]? ReadConstants(string name, int outFeatures)
    {
        if (tensors.Find($"{name}.constants", TensorType.F32, 2, outFeatures) is not Tensor tensor)
        {
            return null;
        }

        float[] constants = tensor.Elements<float>(0, 2 * outFeatures).ToArray();
        int wrong = Array.FindIndex(constants, value => !float.IsFinite(value));
        return wrong < 0 ? constants : throw tensor.Wrong($"element {wrong} is {constants[wrong]}; constants must be finite");
    }

    private CheckpointFormatException Wrong(string linear, string problem) => new(config.Path, 0, $"quantization_config, linear '{linear}': {problem}");
}

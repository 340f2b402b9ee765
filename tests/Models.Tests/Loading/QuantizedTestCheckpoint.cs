using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Tests.Loading;

/// <summary>A quantized checkpoint in the making, written from its specification, so that a test can spoil any part of it.</summary>
public sealed class QuantizedTestCheckpoint
{
    private QuantizedTestCheckpoint(TransformerModel model)
    {
        Configuration = JsonNode.Parse(File.ReadAllText(Path.Combine(model.Directory, "config.json")))!.AsObject();
        QuantizedLinear[] quantized = [.. model.Linears.OfType<QuantizedLinear>()];
        HashSet<string> replaced = [.. quantized.Select(linear => $"{linear.Name}.weight")];
        foreach (Tensor tensor in model.Store.Tensors.Where(tensor => !replaced.Contains(tensor.Name)))
        {
            Tensors[tensor.Name] = TensorToWrite.Copy(tensor);
        }

        foreach (QuantizedLinear linear in quantized)
        {
            Add(linear);
        }

        Configuration["quantization_config"] = new QuantizationBlock
        {
            Scheme = "test",
            Preserve = "channels",
            Method = "rtn",
            Linears = quantized.ToDictionary(linear => linear.Name, Describe),
        }.ToJson();
    }

    public JsonObject Configuration { get; }

    public Dictionary<string, TensorToWrite> Tensors { get; } = [];

    public JsonObject Linear(string name) => Configuration["quantization_config"]!["linears"]![name]!.AsObject();

    /// <summary>The checkpoint of a model that holds quantized linears; to be written while the model is open.</summary>
    public static QuantizedTestCheckpoint Of(TransformerModel model) => new(model);

    public string Write(string directory)
    {
        File.WriteAllText(Path.Combine(directory, "config.json"), Configuration.ToJsonString());
        SafetensorsWriter.Write(Path.Combine(directory, "model.safetensors"), [.. Tensors.Values]);
        return directory;
    }

    /// <summary>Puts a tensor of numbers in the place of another.</summary>
    public void Set<T>(string name, TensorType type, long[] shape, params T[] values)
        where T : unmanaged => Tensors[name] = TensorToWrite.From<T>(name, type, shape, values);

    private static LinearQuantization Describe(QuantizedLinear linear) => new()
    {
        Weights = linear.Weights.Format.ToString().ToLowerInvariant(),
        GroupSize = linear.Weights.GroupSize == linear.InFeatures ? 0 : linear.Weights.GroupSize,
        Activations = linear.Activations.Bits switch { 16 => "float", 8 => "int8", _ => "int4" },
        ActivationScale = linear.Activations.Granularity switch
        {
            ActivationGranularity.Float => "none",
            ActivationGranularity.TensorStatic => "tensor-static",
            ActivationGranularity.Tensor => "tensor",
            _ => "token",
        },
        PreservedChannels = linear.Weights.PreservedChannels.Length,
    };

    private void Add(QuantizedLinear linear)
    {
        QuantizedWeights weights = linear.Weights;
        int rows = weights.Rows;
        TensorType codeType = weights.Format == WeightFormat.Int8 ? TensorType.I8 : TensorType.U8;
        Set($"{linear.Name}.codes", codeType, [rows, weights.Codes.Length / rows], weights.Codes.ToArray());
        Set($"{linear.Name}.scales", TensorType.F32, [rows, weights.Groups], weights.Scales.ToArray());
        int preserved = weights.PreservedChannels.Length;
        if (preserved > 0)
        {
            Set($"{linear.Name}.preserved_channels", TensorType.I32, [preserved], weights.PreservedChannels);
            Set($"{linear.Name}.preserved_columns", TensorType.F32, [rows, preserved], weights.PreservedColumns.ToArray());
        }

        if (linear.Activations.ScaleExcludedChannels.Length > 0)
        {
            Set($"{linear.Name}.scale_excluded_channels", TensorType.I32, [linear.Activations.ScaleExcludedChannels.Length], linear.Activations.ScaleExcludedChannels);
        }

        if (linear.Activations.Granularity == ActivationGranularity.TensorStatic)
        {
            Set($"{linear.Name}.input_scale", TensorType.F32, [1], linear.Activations.StaticScale);
        }

        if (linear.SinkConstants is not null)
        {
            Set<float>($"{linear.Name}.constants", TensorType.F32, [2, rows], [.. linear.SinkConstants, .. linear.OtherConstants!]);
        }
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Quantizers.Writing;

/// <summary>Makes the <c>config.json</c> of a quantized checkpoint.</summary>
internal static class ConfigFile
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the source's <c>config.json</c>, every key and number kept as written, with a <c>quantization_config</c> as its last key.</summary>
    /// <param name="path">The source's file.</param>
    /// <param name="plan">The plan.</param>
    public static byte[] WithQuantization(string path, QuantizationPlan plan)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject(); // opening the model has validated it
        config["quantization_config"] = Block(plan).ToJson();
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Readable))
        {
            config.WriteTo(writer);
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static QuantizationBlock Block(QuantizationPlan plan)
    {
        bool kept = PreservationName.Parse(plan.Preserve).WithoutFold() == Preservation.Channels;
        return new QuantizationBlock
        {
            Scheme = plan.Scheme,
            Preserve = plan.Preserve,
            Method = plan.Method,
            IncludeHead = plan.IncludeHead,
            Linears = plan.Linears.ToDictionary(linear => linear.Name, linear => new LinearQuantization
            {
                Weights = linear.Weights,
                GroupSize = linear.GroupSize ?? 0,
                Activations = linear.Activations,
                ActivationScale = linear.ActivationScale,
                PreservedChannels = kept ? linear.Channels.Count : 0,
            }),
            Residual = Quantizer.Residual(plan),
            Fold = plan.Fold?.Description is { } fold ? new FoldBlock { Prefix = fold.Prefix, BosTokenId = fold.BosTokenId, Slots = fold.Slots } : null,
        };
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OutlierQuant.Quantizers.Plans;

/// <summary>The serializer of <see cref="QuantizationPlan"/>: every key is required, unknown keys are refused, lines end in a line feed.</summary>
[JsonSerializable(typeof(QuantizationPlan))]
internal sealed partial class PlanJson : JsonSerializerContext
{
    /// <summary>Gets the serializer to use; its output is meant to be read by people too, so quotes and dashes are not escaped.</summary>
    public static PlanJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    });
}

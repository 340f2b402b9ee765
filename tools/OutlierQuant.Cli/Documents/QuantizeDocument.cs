using System.Text.Json.Serialization;

namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>quantize --json</c> prints.</summary>
/// <param name="Output">The directory that was written.</param>
/// <param name="Scheme">Name of the scheme.</param>
/// <param name="Preserve">What was preserved.</param>
/// <param name="Linears">How many linears became codes.</param>
/// <param name="PreservedChannels">Preserved input channels, summed over the linears.</param>
/// <param name="BitsPerWeight">Bits of codes, scales and preserved columns for each weight of the quantized linears.</param>
/// <param name="SizeBytes">Bytes of the written weights.</param>
/// <param name="SourceBytes">Bytes of the source's weights.</param>
internal sealed record QuantizeDocument(string Output, string Scheme, string Preserve, int Linears, int PreservedChannels, double BitsPerWeight, long SizeBytes, long SourceBytes)
{
    /// <summary>Gets what was folded; null, and not in json, for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public QuantizedFold? Fold { get; init; }
}

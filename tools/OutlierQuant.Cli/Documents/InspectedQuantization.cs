namespace OutlierQuant.Cli.Documents;

/// <summary>How a checkpoint was quantized.</summary>
/// <param name="Scheme">Name of the scheme.</param>
/// <param name="Preserve">What was preserved.</param>
/// <param name="Method">How codes were chosen.</param>
/// <param name="BitsPerWeight">Bits of codes, scales and preserved columns for each weight of the quantized linears.</param>
/// <param name="PreservedChannels">Preserved input channels, summed over the linears.</param>
internal sealed record InspectedQuantization(string Scheme, string Preserve, string Method, double BitsPerWeight, int PreservedChannels);

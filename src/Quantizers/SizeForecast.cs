namespace OutlierQuant.Quantizers;

/// <summary>The size of a quantized checkpoint, known before any weight is read.</summary>
/// <param name="BitsPerWeight">Bits of codes, scales, preserved columns and constants for each weight of the linears in the blocks (and of the head where it is included).</param>
/// <param name="LinearBytes">Bytes of those linears.</param>
/// <param name="TensorBytes">Bytes of all tensors of the checkpoint.</param>
/// <param name="SourceTensorBytes">Bytes of all tensors of the checkpoint that it is made from.</param>
public sealed record SizeForecast(double BitsPerWeight, long LinearBytes, long TensorBytes, long SourceTensorBytes);

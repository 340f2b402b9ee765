namespace OutlierQuant.Models.Blocks;

/// <summary>A constant key and value of each head, in front of every sequence: seen by every query, without a position, so not rotated.</summary>
/// <param name="Keys">Keys as attention multiplies them. Shape [keyValueHeads, headSize].</param>
/// <param name="Values">Values. Shape [keyValueHeads, headSize].</param>
internal sealed record ConstantKeys(float[] Keys, float[] Values);

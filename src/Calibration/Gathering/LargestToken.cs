namespace OutlierQuant.Calibration.Gathering;

/// <summary>The token whose input to a linear has the largest magnitude.</summary>
/// <param name="AbsMax">That magnitude.</param>
/// <param name="Values">The token's input. Shape <c>[inFeatures]</c>.</param>
/// <param name="TokenId">The token's id.</param>
/// <param name="Position">Its position in the sequence.</param>
internal sealed record LargestToken(float AbsMax, float[] Values, int TokenId, int Position);

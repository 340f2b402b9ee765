namespace OutlierQuant.Calibration.Folding;

/// <summary>How large one constant value is beside the values of the tokens.</summary>
/// <param name="Block">0-based block.</param>
/// <param name="Head">0-based key and value head.</param>
/// <param name="Slot">0-based slot.</param>
/// <param name="Share"><c>‖v′‖ / mean ‖v‖</c>, the mean over the tokens of the text.</param>
/// <param name="IsDropped">Whether the value was set to 0.</param>
public sealed record ValueShare(int Block, int Head, int Slot, double Share, bool IsDropped);

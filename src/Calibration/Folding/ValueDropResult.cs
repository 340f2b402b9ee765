namespace OutlierQuant.Calibration.Folding;

/// <summary>What <see cref="ValueDrop"/> did.</summary>
/// <param name="Bound">The share of a head's mean value norm below which a constant value was dropped.</param>
/// <param name="Dropped">Values dropped.</param>
/// <param name="Values">Every constant value, in the order of blocks, heads and slots.</param>
public sealed record ValueDropResult(double Bound, int Dropped, IReadOnlyList<ValueShare> Values);

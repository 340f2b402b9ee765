using OutlierQuant.Models;

namespace OutlierQuant.Calibration.Folding;

/// <summary>A folded model and its profile.</summary>
/// <param name="Model">The folded model; the model that it was made from stays the owner of the mapped files.</param>
/// <param name="Profile">What is left in its stream.</param>
public sealed record FoldedCalibration(TransformerModel Model, CalibrationProfile Profile);

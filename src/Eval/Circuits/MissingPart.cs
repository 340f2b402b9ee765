namespace OutlierQuant.Eval.Circuits;

/// <summary>A part that a model does not have.</summary>
/// <param name="Part">The part.</param>
/// <param name="Reason">What it has instead.</param>
public sealed record MissingPart(SinkPart Part, string Reason);

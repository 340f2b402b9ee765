namespace OutlierQuant.Quantizers;

/// <summary>A part of the model that stays as it is in the checkpoint, and why.</summary>
/// <param name="Name">A linear, or a kind of tensor such as <c>embeddings</c>.</param>
/// <param name="Reason">Why it stays.</param>
public sealed record UnchangedPart(string Name, string Reason);

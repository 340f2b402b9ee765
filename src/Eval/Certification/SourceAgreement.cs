namespace OutlierQuant.Eval.Certification;

/// <summary>How far two sources give the same coordinates.</summary>
/// <param name="First">Name of one source.</param>
/// <param name="Second">Name of the other.</param>
/// <param name="Jaccard">Size of the intersection over that of the union; null when both are empty.</param>
public sealed record SourceAgreement(string First, string Second, double? Jaccard);

namespace OutlierQuant.Eval.Certification;

/// <summary>One coordinate on one source of windows, at the target's block.</summary>
/// <param name="Source">Name of the source.</param>
/// <param name="Value">Its values.</param>
public sealed record SourceValue(string Source, ValueStatistics Value);

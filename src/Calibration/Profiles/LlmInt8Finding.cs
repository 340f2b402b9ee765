namespace OutlierQuant.Calibration.Profiles;

/// <summary>Outlier columns of one linear input (<c>llmint8</c>).</summary>
/// <param name="Block">Index of the block; −1 for the output head.</param>
/// <param name="Linears">Names of the linears.</param>
/// <param name="OutlierColumns">Columns that hold any magnitude above the threshold.</param>
/// <param name="Share"><c>OutlierColumns / columns</c>.</param>
/// <param name="Strongest">The strongest of them by absmax, at most eight.</param>
public sealed record LlmInt8Finding(int Block, IReadOnlyList<string> Linears, int OutlierColumns, double Share, IReadOnlyList<int> Strongest);

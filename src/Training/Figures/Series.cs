namespace OutlierQuant.Training.Figures;

/// <summary>A named curve.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Its points from left to right.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);

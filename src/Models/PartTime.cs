namespace OutlierQuant.Models;

/// <summary>The time of one part of forward passes.</summary>
/// <param name="Part">What took the time.</param>
/// <param name="Seconds">The time.</param>
/// <param name="Share">The time as a share of all, 0 to 1.</param>
public sealed record PartTime(string Part, double Seconds, double Share);

namespace OutlierQuant.Benchmarks;

/// <summary>A kernel suite on this machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it runs on here, in one line.</param>
/// <param name="UnavailableBecause">Why it cannot run; null where it can.</param>
public sealed record SuiteState(string Name, string Description, string? UnavailableBecause);

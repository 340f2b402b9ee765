namespace OutlierQuant.Benchmarks;

/// <summary>An instruction that runs here but is not the fastest of its kind.</summary>
/// <param name="Instruction">What it is.</param>
/// <param name="GopsPerSecond">All threads, in 10⁹ operations a second.</param>
public sealed record SlowerInstruction(string Instruction, double GopsPerSecond);

namespace OutlierQuant.Benchmarks;

/// <summary>How fast this machine multiplies and adds numbers of one type in registers.</summary>
/// <param name="GopsPerSecond">Median over the run, all threads, in 10⁹ operations a second; a multiplication and an addition are two.</param>
/// <param name="OneThreadGopsPerSecond">The same with one thread.</param>
/// <param name="Instruction">The fastest instruction that runs here.</param>
/// <param name="Slower">The other instructions that run here.</param>
public sealed record ArithmeticCeiling(double GopsPerSecond, double OneThreadGopsPerSecond, string Instruction, IReadOnlyList<SlowerInstruction> Slower);

namespace OutlierQuant.Benchmarks;

/// <summary>How fast this machine reads memory that no cache holds.</summary>
/// <param name="GbPerSecond">Median over the run, all threads, in 10⁹ bytes a second.</param>
/// <param name="OneThreadGbPerSecond">The same with one thread.</param>
/// <param name="Instruction">What read.</param>
public sealed record MemoryCeiling(double GbPerSecond, double OneThreadGbPerSecond, string Instruction);

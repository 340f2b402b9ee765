namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>A loop that does one thing as fast as this machine can: read memory, or multiply and add in registers.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Instruction">What it does it with, for tables.</param>
/// <param name="AmountPerRange">Bytes or operations of one call; an operation is a multiplication or an addition.</param>
/// <param name="Run">One call, on one thread.</param>
/// <param name="NeedsOwnThreads">Whether only the team's own threads may run it.</param>
internal sealed record CeilingLoop(CeilingKind Kind, string Instruction, double AmountPerRange, Action Run, bool NeedsOwnThreads = false);

namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>One timed repetition of an arm.</summary>
/// <param name="PrepareSeconds">Time of <see cref="IArm.Prepare"/>.</param>
/// <param name="RunSeconds">Time of <see cref="IArm.Run"/>.</param>
/// <param name="GuardSeconds">The slower of the two guard loops just before and just after.</param>
internal readonly record struct Sample(double PrepareSeconds, double RunSeconds, double GuardSeconds);

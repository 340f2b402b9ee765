namespace OutlierQuant.Benchmarks;

/// <summary>How far a run is.</summary>
/// <param name="Done">Cases measured: a kernel at a shape for a number of rows is one case.</param>
/// <param name="Total">Cases in all.</param>
/// <param name="Name">What is measured now.</param>
public readonly record struct BenchmarkProgress(int Done, int Total, string Name);

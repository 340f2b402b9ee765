namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>The least time that memory and arithmetic allow for some work.</summary>
/// <param name="BytesPerSecond">Most bytes read in a second.</param>
/// <param name="OperationsPerSecond">Most operations in a second.</param>
internal readonly record struct Roofline(double BytesPerSecond, double OperationsPerSecond)
{
    /// <summary>Whether memory is the nearer ceiling.</summary>
    public bool IsBoundByMemory(double bytes, double operations) => bytes / BytesPerSecond > operations / OperationsPerSecond;

    /// <summary>Computes the share of the nearer ceiling, <c>100 · max(bytes / bytesPerSecond, operations / operationsPerSecond) / seconds</c>.</summary>
    public double Percent(double bytes, double operations, double seconds) => 100 * Math.Max(bytes / BytesPerSecond, operations / OperationsPerSecond) / seconds;
}

namespace OutlierQuant.Models.Tests;

/// <summary>Compares values by the largest difference as a share of the expected range. An infinity must be the same in both.</summary>
internal static class Close
{
    public static void Assert(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Xunit.Assert.Equal(expected.Count, actual.Length);
        double[] finite = [.. expected.Where(value => !double.IsInfinity(value))];
        double range = finite.Max() - finite.Min();
        double largest = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            // Written so that a NaN is a difference.
            double difference = expected[i] == actual[i] ? 0 : Math.Abs(expected[i] - actual[i]);
            largest = difference <= largest ? largest : difference;
        }

        Xunit.Assert.True(largest <= tolerance * range, $"{what}: the largest difference is {largest / range:E2} of the range; {tolerance:E2} is allowed.");
    }
}

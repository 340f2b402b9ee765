using System.Numerics.Tensors;

namespace OutlierQuant.Eval.Statistics;

/// <summary>The mean of numbers that come in clusters, here tokens in windows, with a standard error that allows for likeness inside a cluster.</summary>
/// <remarks>
/// <para>With clusters <c>w</c> of <c>n_w</c> numbers and sum <c>S_w</c>, <c>n = Σ n_w</c> and <c>W</c> clusters:
/// <c>mean = Σ S_w / n</c> and <c>standardError = sqrt(W / (W − 1) · Σ (S_w − n_w · mean)²) / n</c>.
/// When all clusters have one size this is the standard deviation of the cluster means divided by <c>sqrt(W)</c>.</para>
/// <para>Tokens of one window share a topic and a context, so their losses are not independent; the error computed as if they were
/// is <see cref="StandardErrorPerToken"/>, and usually too small.</para>
/// </remarks>
/// <param name="Mean">The mean over all numbers.</param>
/// <param name="StandardError">The clustered standard error; null with fewer than two clusters, which say nothing about spread.</param>
/// <param name="StandardErrorPerToken">The standard deviation of the numbers divided by <c>sqrt(n)</c>; null with fewer than two numbers.</param>
/// <param name="Clusters">W, the number of clusters.</param>
/// <param name="Count">n, the number of numbers.</param>
public readonly record struct ClusteredMean(double Mean, double? StandardError, double? StandardErrorPerToken, int Clusters, long Count)
{
    /// <summary>Gets the 95 % confidence interval of the mean, from Student's t with W − 1 degrees of freedom; null with fewer than two clusters.</summary>
    public Interval? Interval95
    {
        get
        {
            if (StandardError is not { } error)
            {
                return null;
            }

            var reach = StudentT.TwoSidedQuantile(0.95, Clusters - 1) * error;
            return new Interval(Mean - reach, Mean + reach);
        }
    }

    /// <summary>Computes the mean and its standard errors.</summary>
    /// <param name="clusters">The numbers. One array a cluster, none of them empty.</param>
    /// <exception cref="ArgumentException">There is no cluster, or a cluster is empty.</exception>
    public static ClusteredMean Of(IReadOnlyList<double[]> clusters)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        if (clusters.Count == 0)
        {
            throw new ArgumentException("A mean needs at least one cluster, and there is none.", nameof(clusters));
        }

        var sum = 0.0;
        var count = 0L;
        for (var cluster = 0; cluster < clusters.Count; cluster++)
        {
            if (clusters[cluster].Length == 0)
            {
                throw new ArgumentException($"Cluster {cluster} is empty; each needs at least one number.", nameof(clusters));
            }

            sum += TensorPrimitives.Sum<double>(clusters[cluster]);
            count += clusters[cluster].Length;
        }

        var mean = sum / count;
        var between = 0.0;
        var within = 0.0;
        foreach (var cluster in clusters)
        {
            var offset = 0.0;
            foreach (var value in cluster)
            {
                offset += value - mean;
                within += (value - mean) * (value - mean);
            }

            between += offset * offset;
        }

        return new ClusteredMean(
            mean,
            clusters.Count < 2 ? null : Math.Sqrt(between * clusters.Count / (clusters.Count - 1)) / count,
            count < 2 ? null : Math.Sqrt(within / (count - 1) / count),
            clusters.Count,
            count);
    }

    /// <summary>Computes the mean of <c>second − first</c>, number by number, and its standard errors.</summary>
    /// <remarks>The pairing takes out what both have in common, such as hard and easy windows, so it sees much smaller differences than two separate means do.</remarks>
    /// <param name="first">The numbers to subtract. One array a cluster.</param>
    /// <param name="second">The numbers to subtract from, in the same clusters.</param>
    /// <exception cref="ArgumentException">The clusters disagree, or one is empty.</exception>
    public static ClusteredMean OfDifference(IReadOnlyList<double[]> first, IReadOnlyList<double[]> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"Paired numbers need the same clusters, but there are {first.Count} and {second.Count}.", nameof(second));
        }

        var differences = new double[first.Count][];
        for (var cluster = 0; cluster < differences.Length; cluster++)
        {
            if (first[cluster].Length != second[cluster].Length)
            {
                throw new ArgumentException(
                    $"Paired numbers need clusters of the same size, but cluster {cluster} has {first[cluster].Length} and {second[cluster].Length}.", nameof(second));
            }

            differences[cluster] = new double[first[cluster].Length];
            TensorPrimitives.Subtract<double>(second[cluster], first[cluster], differences[cluster]);
        }

        return Of(differences);
    }
}

namespace OutlierQuant.Eval.Statistics;

/// <summary>The mean cosine over all pairs of many vectors, from one running sum of their directions.</summary>
/// <remarks>With unit vectors <c>u_i</c>, <c>Σ_{i≠j} u_i · u_j = ‖Σ u_i‖² − n</c>, so the mean over the <c>n (n − 1)</c> ordered pairs needs no pair. Sums are binary64.</remarks>
/// <param name="size">Length of a vector.</param>
public sealed class PairwiseCosine(int size)
{
    private readonly double[] _sum = new double[size];

    /// <summary>Gets how many vectors came; those of length 0 have no direction and do not count.</summary>
    public long Count { get; private set; }

    /// <summary>Gets the mean cosine, from −1 to 1; null for fewer than two vectors.</summary>
    public double? Mean => Count < 2 ? null : Math.Clamp((_sum.Sum(value => value * value) - Count) / ((double)Count * (Count - 1)), -1, 1);

    /// <summary>Takes one vector.</summary>
    /// <param name="vector">Finite numbers. Shape <c>[size]</c>.</param>
    public void Add(ReadOnlySpan<float> vector)
    {
        var squares = 0.0;
        foreach (var value in vector)
        {
            squares += (double)value * value;
        }

        if (squares == 0)
        {
            return;
        }

        var norm = Math.Sqrt(squares);
        for (var i = 0; i < size; i++)
        {
            _sum[i] += vector[i] / norm;
        }

        Count++;
    }

    /// <summary>Takes the vectors of another.</summary>
    /// <param name="other">Vectors of the same length.</param>
    public void Add(PairwiseCosine other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < size; i++)
        {
            _sum[i] += other._sum[i];
        }

        Count += other.Count;
    }
}

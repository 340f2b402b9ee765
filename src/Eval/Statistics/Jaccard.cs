namespace OutlierQuant.Eval.Statistics;

/// <summary>The Jaccard index of two sets.</summary>
public static class Jaccard
{
    /// <summary>Computes <c>|A ∩ B| / |A ∪ B|</c>; null when both are empty, which is no agreement about anything.</summary>
    /// <param name="first">A; repetitions count once.</param>
    /// <param name="second">B; repetitions count once.</param>
    public static double? Of<T>(IEnumerable<T> first, IEnumerable<T> second)
    {
        var (a, b) = (first.ToHashSet(), second.ToHashSet());
        var both = a.Count(b.Contains);
        var either = a.Count + b.Count - both;
        return either == 0 ? null : (double)both / either;
    }
}

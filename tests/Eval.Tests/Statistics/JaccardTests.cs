using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class JaccardTests
{
    [Fact]
    public void Of_Sets_IsIntersectionOverUnion()
    {
        Assert.Equal(2.0 / 5, Jaccard.Of([1, 2, 3], [2, 3, 4, 5]));
        Assert.Equal(1, Jaccard.Of([1, 1, 2], [2, 1]));
        Assert.Equal(0, Jaccard.Of([1], []));
    }

    [Fact]
    public void Of_TwoEmptySets_IsNoAgreement() => Assert.Null(Jaccard.Of<int>([], []));
}

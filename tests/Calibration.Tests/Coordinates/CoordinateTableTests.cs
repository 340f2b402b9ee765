using OutlierQuant.Calibration.Coordinates;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Coordinates;

public sealed class CoordinateTableTests
{
    private static readonly TokenClass[] Classes = [TokenClass.Bos, TokenClass.Other, TokenClass.Delimiter, TokenClass.Other];

    [Fact]
    public void Add_OneWindow_TakesTheStrongestEntryOfEachClass()
    {
        CoordinateTable table = new(2);
        table.Add([-900, 1, 2, 3, 150, 0, -4, 2], [0, 11, 12, 13], Classes, window: 7, isSecondHalf: false, threshold: 100);

        Assert.Equal(new StrongestEntry(-900, 7, 0, 0), table.Strongest(TokenClass.Bos, 0));
        Assert.Equal(new StrongestEntry(150, 7, 2, 12), table.Strongest(TokenClass.Delimiter, 0));
        Assert.Equal(new StrongestEntry(-4, 7, 3, 13), table.Strongest(TokenClass.Other, 0)); // |−4| > |2|
        Assert.Equal(new StrongestEntry(3, 7, 1, 11), table.Strongest(TokenClass.Other, 1));
        Assert.Null(table.Strongest(TokenClass.First, 0));
        Assert.Equal(1, table.Tally(TokenClass.Bos, 0, TextPart.Whole).Entries);
        Assert.Equal(0, table.Tally(TokenClass.Other, 0, TextPart.Whole).Massive.Count);
    }

    [Fact]
    public void Add_WindowsOfBothHalves_AreTalliedApartAndTogether()
    {
        CoordinateTable table = new(1);
        table.Add([200, 1], [0, 5], [TokenClass.Bos, TokenClass.Other], 0, false, 100);
        table.Add([50, 1], [0, 5], [TokenClass.Bos, TokenClass.Other], 1, true, 100);
        table.Add([220, 130], [0, 5], [TokenClass.Bos, TokenClass.Other], 2, true, 100);

        CoordinateTally whole = table.Tally(TokenClass.Bos, 0, TextPart.Whole);
        Assert.Equal((3, 2, 2), (whole.All.Count, whole.Massive.Count, whole.Entries));
        Assert.Equal(210, whole.Massive.Mean, 12); // (200 + 220) / 2
        Assert.True(whole.IsStable);
        Assert.Equal(1, table.Tally(TokenClass.Bos, 0, TextPart.FirstHalf).All.Count);
        Assert.Equal(135, table.Tally(TokenClass.Bos, 0, TextPart.SecondHalf).All.Mean, 12); // (50 + 220) / 2
        Assert.False(table.Tally(TokenClass.Other, 0, TextPart.Whole).IsStable); // massive in one window of three
    }

    [Fact]
    public void Add_EqualMagnitudes_KeepsTheFirst()
    {
        CoordinateTable table = new(1);
        table.Add([1, 8, -8], [0, 5, 6], [TokenClass.First, TokenClass.Other, TokenClass.Other], 0, false, 100);
        table.Add([1, 8, 2], [0, 7, 6], [TokenClass.First, TokenClass.Other, TokenClass.Other], 1, true, 100);
        Assert.Equal(new StrongestEntry(8, 0, 1, 5), table.Strongest(TokenClass.Other, 0));
    }
}

using OutlierQuant.Calibration.Coordinates;
using OutlierQuant.Calibration.Profiles;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Coordinates;

public sealed class CoordinateSelectionTests
{
    private static readonly double[] Medians = [1, 1, 1];
    private static readonly DetectorOptions Options = new() { MinMagnitude = 100, MinRatio = 100, CandidateShare = 0.1, MaxCandidates = 2 };

    [Fact]
    public void Massive_InBlocksOneAndTwo_NamesBoth()
    {
        CoordinateSelection selection = Select([[0, 0, 1], [0, 300, 1], [0, -400, 120]], [[0, 0, 1], [0, 310, 1], [0, -400, 2]]);

        IReadOnlyList<CoordinateStatistics> massive = selection.Massive();

        Assert.Equal([(1, 1, 1, 2), (2, 2, 2, 2)], massive.Select(entry => (entry.Channel, entry.Block, entry.FirstBlock, entry.LastBlock)));
        Assert.Equal((305, 2, 2), (massive[0].Mean, massive[0].Windows, massive[0].Entries));
        Assert.Equal(Math.Sqrt(50), massive[0].StandardDeviation, 12); // ((−5)² + 5²) / 1
        Assert.Equal(Math.Sqrt(50) / 305, massive[0].CoefficientOfVariation, 12);
        Assert.Equal((120, 1, 0), (massive[1].Mean, massive[1].Windows, massive[1].StandardDeviation)); // the second window's 2 is not massive
    }

    [Fact]
    public void FindOnset_OneStrayWindow_WaitsForTheStableBlock()
    {
        // Channel 2 is massive in one window of three at block 0; channel 1 in all of them from block 1.
        double[][] stray = [[0, 0, 500], [0, 300, 1], [0, 300, 1]];
        double[][] usual = [[0, 0, 1], [0, 300, 1], [0, 300, 1]];

        Onset onset = Select(stray, usual, usual).FindOnset();

        Assert.Equal((1, true), (onset.Block, onset.IsMassive));
        Assert.Equal([1], onset.Coordinates.Select(entry => entry.Channel));
    }

    [Fact]
    public void FindOnset_OnlyStrayEntries_TakesTheFirstOfThem()
    {
        double[][] stray = [[0, 0, 1], [0, 0, 500], [0, 0, 1]];
        double[][] usual = [[0, 0, 1], [0, 0, 1], [0, 0, 1]];
        Onset onset = Select(stray, usual, usual).FindOnset();
        Assert.Equal((1, true), (onset.Block, onset.IsMassive));
        Assert.Equal([2], onset.Coordinates.Select(entry => entry.Channel));
    }

    [Fact]
    public void FindOnset_NothingMassive_TakesTheBlockOfTheLargestRatio()
    {
        double[][] window = [[0, 50, 4], [3, -80, 20], [1, 60, 70]];
        CoordinateSelection selection = Select(window, window);

        Onset onset = selection.FindOnset();

        Assert.Empty(selection.Massive());
        Assert.Equal((1, false), (onset.Block, onset.IsMassive));
        Assert.Equal([1, 2], onset.Coordinates.Select(entry => entry.Channel)); // 3 is below a tenth of 80
        Assert.Equal([(1, 1, 0, 2), (2, 2, 2, 2)], selection.Candidates().Select(entry => (entry.Channel, entry.Block, entry.FirstBlock, entry.LastBlock)));
    }

    [Fact]
    public void Candidates_MoreThanAllowed_KeepsTheStrongest()
    {
        double[][] window = [[50, 60, 70], [0, 0, 0], [0, 0, 0]];
        Assert.Equal([2, 1], Select(window).Candidates().Select(entry => entry.Channel));
    }

    [Fact]
    public void Candidates_SignChangesFromWindowToWindow_AreNotCandidates()
    {
        // Channel 0 is large in every window but its mean is 0: it depends on the input.
        CoordinateSelection selection = Select([[90, 30, 0], [0, 0, 0], [0, 0, 0]], [[-90, 30, 0], [0, 0, 0], [0, 0, 0]]);
        Assert.Equal([1], selection.Candidates().Select(entry => entry.Channel));
    }

    [Fact]
    public void FindOnset_AllZero_NamesNoCoordinate() => Assert.Empty(Select([[0, 0, 0], [0, 0, 0], [0, 0, 0]]).FindOnset().Coordinates);

    /// <summary>Each window gives the value of every block and channel at its one token, a BOS.</summary>
    private static CoordinateSelection Select(params double[][][] windows)
    {
        CoordinateTable[] tables = [new(3), new(3), new(3)];
        for (int window = 0; window < windows.Length; window++)
        {
            for (int block = 0; block < tables.Length; block++)
            {
                float[] values = [.. windows[window][block].Select(value => (float)value)];
                tables[block].Add(values, [0], [TokenClass.Bos], window, window >= windows.Length / 2, threshold: 100);
            }
        }

        return new CoordinateSelection(tables, Medians, Options);
    }
}

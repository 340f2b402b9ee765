using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Statistics;

public class PairedBootstrapTests
{
    [Fact]
    public void Interval95_EqualDifferences_HasNoWidth()
    {
        var interval = PairedBootstrap.Interval95([[10, 20], [300, 4]], [[10.5, 20.5], [300.5, 4.5]], 100, 1)!.Value;

        Assert.Equal((0.5, 0.5), (interval.Low, interval.High));
    }

    [Fact]
    public void Interval95_TwoWindows_HasTheTwoAndTheirMean()
    {
        // Resamples of {0, 1}: 0 and 1 with probability 1/4 each, so both ends of 95 % are those.
        var interval = PairedBootstrap.Interval95([[0], [0]], [[0], [1]], 1000, 1)!.Value;

        Assert.Equal((0, 1), (interval.Low, interval.High));
    }

    [Fact]
    public void Interval95_WindowsOfUnequalSize_WeighTokensAlike()
    {
        // Every resample is 1, 2 or (1 · 9 + 2) / 10; with windows weighed alike the last would be 1.5.
        double[][] zero = [new double[9], new double[1]];
        double[][] second = [Enumerable.Repeat(1.0, 9).ToArray(), [2]];
        Assert.Equal((1, 2), PairedBootstrap.Interval95(zero, second, 1000, 1) is { } interval ? (interval.Low, interval.High) : default);

        // With many such pairs the mean of all tokens, 1.1, is inside, and 1.5 is not.
        double[][] many = [.. Enumerable.Range(0, 60).SelectMany(_ => second)];
        var narrow = PairedBootstrap.Interval95([.. many.Select(window => new double[window.Length])], many, 1000, 1)!.Value;
        Assert.True(narrow.Contains(1.1) && !narrow.Contains(1.5), $"{narrow}");
    }

    [Fact]
    public void Interval95_Seed_DecidesTheDraws()
    {
        double[][] zero = [.. Enumerable.Range(0, 8).Select(_ => new double[1])];
        double[][] second = [.. Enumerable.Range(0, 8).Select(i => new[] { Math.Sqrt(i) })];

        Assert.Equal(PairedBootstrap.Interval95(zero, second, 100, 1), PairedBootstrap.Interval95(zero, second, 100, 1));
        Assert.NotEqual(PairedBootstrap.Interval95(zero, second, 100, 1), PairedBootstrap.Interval95(zero, second, 100, 2));
    }

    [Fact]
    public void Interval95_NormalWindows_CoversTheTruthAsOftenAsDocumented()
    {
        var random = new Random(3);
        var covered = 0;
        const int Trials = 1000;
        for (var trial = 0; trial < Trials; trial++)
        {
            double[][] zero = [.. Enumerable.Range(0, 32).Select(_ => new double[1])];
            double[][] second = [.. Enumerable.Range(0, 32).Select(_ => new[] { 0.7 + Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) })];
            covered += PairedBootstrap.Interval95(zero, second, 400, trial)!.Value.Contains(0.7) ? 1 : 0;
        }

        // 93 in 100, with a standard deviation of 0.8.
        Assert.InRange(covered / (double)Trials, 0.90, 0.96);
    }

    [Fact]
    public void Interval95_OneWindow_IsNull() => Assert.Null(PairedBootstrap.Interval95([[1, 2]], [[2, 3]], 100, 1));

    [Fact]
    public void Interval95_BadInput_SaysWhatIsNeeded()
    {
        Assert.Contains("39; at least 40", Assert.Throws<ArgumentException>(() => PairedBootstrap.Interval95([[1]], [[2]], 39, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PairedBootstrap.Interval95([[1]], [[2], [3]], 100, 1));
        Assert.Throws<ArgumentException>(() => PairedBootstrap.Interval95([[1], []], [[2], []], 100, 1));
        Assert.Throws<ArgumentException>(() => PairedBootstrap.Interval95([[1, 2]], [[2]], 100, 1));
    }
}

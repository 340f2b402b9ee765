using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Tests.Attention;

public class HeadTallyTests
{
    // Position 0 is sink 0; position 2 is sinks 1 and 2, as the first delimiter is a token too.
    private static readonly int[][] s_sinks = [[0], [], [1, 2], []];

    [Fact]
    public void Describe_ThreeQueries_IsWorkedByHand()
    {
        var tally = new HeadTally(3, 0.5);
        tally.AddProbabilities([0.8f, 0.2f], s_sinks);
        tally.AddProbabilities([0.25f, 0.25f, 0.5f], s_sinks);
        tally.AddProbabilities([0.5f, 0.125f, 0.25f, 0.125f], s_sinks);
        tally.AddScores([4, 1], s_sinks);
        tally.AddScores([float.NegativeInfinity, 3, 5], s_sinks);
        tally.AddValues([3, 4, 6, 8, 0, 0, 0, 5], 2);

        var head = tally.Describe(new HeadPlace(2, 1), 0.7, firstIsSink: true);

        // A query's own key never counts as a sink for it: position 2 does so for the third query alone.
        Assert.Equal((0.8 + 0.25 + 0.75) / 3, head.SinkShare, 1e-7);
        Assert.Equal([(0.8 + 0.25 + 0.5) / 3, 0.25, 0.25], head.Shares.Select(share => share!.Value), (x, y) => Math.Abs(x - y) < 1e-7);
        Assert.Equal(2.0 / 3, head.ParkedShare, 1e-12);
        Assert.Equal(HeadClass.Mixed, head.Class);
        Assert.Equal((0.2 + 0.75 + 0.5) / 3, head.Gate!.Mean, 1e-7);
        Assert.Equal((4, 3), (head.SinkScore!.Value, head.OtherScore));

        // Norms 5, then 10, 0 and 5.
        Assert.Equal(1, head.SinkValueNorm!.Value, 1e-12);
        Assert.Equal((2, 1, 0.7), (head.Block, head.Head, head.FirstAlpha));
    }

    [Fact]
    public void Describe_NoSinks_HasNoGateAndNoScoreOfSinks()
    {
        var tally = new HeadTally(0, 0.5);
        tally.AddProbabilities([0.9f, 0.1f], [[], []]);
        tally.AddScores([1, 2], [[], []]);

        var head = tally.Describe(new HeadPlace(0, 0), 0.9, firstIsSink: false);

        Assert.Equal((0, HeadClass.Active, 1.5), (head.SinkShare, head.Class, head.OtherScore));
        Assert.Null(head.Gate);
        Assert.Null(head.SinkScore);
        Assert.Null(head.SinkValueNorm);
        Assert.Empty(head.Shares);
    }

    [Theory]
    [InlineData(0.9, HeadClass.Dormant)]
    [InlineData(0.899, HeadClass.Mixed)]
    [InlineData(0.101, HeadClass.Mixed)]
    [InlineData(0.1, HeadClass.Active)]
    public void ClassOf_ParkedShare_FollowsTheBounds(double parked, HeadClass expected) => Assert.Equal(expected, HeadAttention.ClassOf(parked));
}

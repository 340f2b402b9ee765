using OutlierQuant.Calibration;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tests.Interventions;

public class StrictZeroTests
{
    private const int Channels = 40;

    // Thirty-seven channels of ±1 and three that stand out: 0 is massive, 1 is its companion, 2 is large but within three standard deviations.
    private static readonly int[] s_tokens = [0, 50];

    [Theory]
    [InlineData(false, false, new[] { 0 }, 1)]
    [InlineData(false, true, new[] { 0 }, 2)]
    [InlineData(true, false, new[] { 0, 1 }, 2)]
    [InlineData(true, true, new[] { 0, 1 }, 4)]
    public void Apply_EachMode_ZeroesWhatItSaysAndWhere(bool withCompanions, bool held, int[] zeroed, int changed)
    {
        using var model = EvaluatedModel.Random();
        var zero = new StrictZero(1, [new(0, TokenClass.Bos, 90)], withCompanions, held, new TokenClassifier(model.Tokenizer));
        var chunk = new SequenceChunk(s_tokens, 0, true);

        var before = Apply(0);
        var at = Apply(1);
        var after = Apply(2);

        Assert.Equal(Values(), before);
        Assert.Equal(zeroed, ZeroedChannels(at));
        Assert.Equal(held ? zeroed : [], ZeroedChannels(after));
        Assert.Equal(Values()[Channels..], at[Channels..]);
        Assert.Equal(changed, zero.EntriesChanged);
        Assert.Equal(new CompanionChannel(1, TokenClass.Bos, 1, -80), Assert.Single(zero.Companions));

        float[] Apply(int block)
        {
            var values = Values();
            zero.Apply(block, chunk, values, Channels);
            return values;
        }
    }

    [Fact]
    public void Apply_HeldAtLaterBlock_ZeroesTheTokensOfTheFirstBlock()
    {
        using var model = EvaluatedModel.Random();
        var zero = new StrictZero(0, [new(0, TokenClass.Other, 90)], false, true, new TokenClassifier(model.Tokenizer));
        var chunk = new SequenceChunk(new[] { 100, 101, 102 }, 0, false);
        float[] first = [100, 1, 100, 1, 5, 1];
        float[] second = [7, 1, 8, 1, 100, 1];

        zero.Apply(0, chunk, first, 2);
        zero.Apply(1, chunk, second, 2);

        // Position 0 is of class First, position 1 is massive, position 2 is not: its later growth is not this value's.
        Assert.Equal([100, 1, 0, 1, 5, 1], first);
        Assert.Equal([7, 1, 0, 1, 100, 1], second);
    }

    [Fact]
    public void FarChannels_ByHand_CountsTheOutlierInTheDeviation()
    {
        // Nine zeros and a 10: mean 1, deviation 3, so 10 lies exactly three deviations away, which is not beyond; ten zeros and an 11 leave mean 1, deviation √10.
        Assert.Empty(StrictZero.FarChannels([0, 0, 0, 0, 0, 0, 0, 0, 0, 10]));
        Assert.Equal([3], StrictZero.FarChannels([0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Empty(StrictZero.FarChannels([4, 4, 4]));
    }

    private static float[] Values()
    {
        var values = new float[2 * Channels];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = i % 2 == 0 ? 1 : -1;
        }

        (values[0], values[1], values[2]) = (100, -80, 30);
        return values;
    }

    private static int[] ZeroedChannels(float[] values) => [.. Enumerable.Range(0, values.Length).Where(channel => values[channel] == 0)];
}

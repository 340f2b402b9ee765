using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Certification;

public class UpdateObserverTests
{
    private const int Length = 12;
    private const int Heads = 4;

    [Theory]
    [InlineData(AttentionVariant.Default)]
    [InlineData(AttentionVariant.Bias)]
    public void Observe_HandMadeAttention_DrawsFromOrdinaryTokensOfTheFirstHalf(AttentionVariant attention)
    {
        // Queries give position 0 always the same, position 3 (massive) nearly, keys of the first half much or little, and the others' are never looked at.
        var tallies = Run(massivePosition: 3, draws: 19, attention);

        Assert.All(tallies.Select(tally => tally.Describe(default)), head =>
        {
            Assert.Equal(1, head.Windows);
            Assert.Equal(0.2, head.Constancy!.Value, 1e-6);
            Assert.Equal(0.8, head.NullMedian!.Value, 1e-6);

            // Had position 0, with a spread of 0, or position 3 itself been drawn, some draw would be as steady.
            Assert.Equal(1.0 / 20, head.Quantile!.Value, 1e-12);
            Assert.Equal(0.1, head.SourceShare!.Value, 1e-6);
        });
    }

    [Fact]
    public void Observe_MassiveTokenInTheSecondHalf_IsNoSource() =>
        Assert.All(Run(massivePosition: 7, draws: 19), tally => Assert.Equal(0, tally.Describe(default).Windows));

    private static UpdateTally[] Run(int massivePosition, int draws, AttentionVariant attention = AttentionVariant.Default)
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { Architecture = "OutlierQuantLlamaForCausalLM", Variant = new(attention, NormPlacement.Pre, false) });
        var (config, tokens) = (model.Model.Config, Enumerable.Repeat(100, Length).ToArray());
        var target = new TargetChoice(TargetKind.WithoutBos, true, 0, "chosen", [new(5, TokenClass.Other, 1000)]);
        var massive = new MassiveTokens(target, new TokenClassifier(model.Tokenizer), 1);
        UpdateTally[] tallies = [.. Enumerable.Range(0, Heads).Select(_ => new UpdateTally(draws))];
        var observer = new UpdateObserver(model.Model, target, massive, Length, 1, tallies, draws);
        var chunk = new SequenceChunk(tokens, 0, false);

        var output = new float[Length * config.HiddenSize];
        output[(massivePosition * config.HiddenSize) + 5] = -600;
        output[(8 * config.HiddenSize) + 5] = 499;
        massive.Observe(new(ObservationKind.BlockOutput, 0), 0, chunk, output, Length, config.HiddenSize);
        Assert.Equal([massivePosition], massive.In(0));

        // Where a constant stands before the tokens, its value and the attention to it have no part in this.
        var constants = attention == AttentionVariant.Bias ? 1 : 0;
        float[] values =
            [.. from head in Enumerable.Range(0, config.KeyValueHeadCount) from key in Enumerable.Range(-constants, constants + Length) from i in Enumerable.Range(0, config.HeadSize) select key < 0 ? 7f : 1f];
        observer.Observe(new(ObservationKind.AttentionValues, 1), 0, chunk, values, values.Length / config.HeadSize, config.HeadSize);
        float[] probabilities = [.. from head in Enumerable.Range(0, Heads) from query in Enumerable.Range(0, Length) from key in Enumerable.Range(-constants, constants + Length) select Probability(query, key)];
        observer.Observe(new(ObservationKind.AttentionProbabilities, 1), 0, chunk, probabilities, Heads * Length, constants + Length);
        return tallies;
    }

    /// <summary>Even and odd queries of the second half differ by a relative spread of 0 at key 0, of 0.2 at key 3 and of 0.8 at other keys. Queries of the first half are noise.</summary>
    private static float Probability(int query, int key)
    {
        var sign = query % 2 == 0 ? 1 : -1;
        return query < Length / 2 ? query * 0.01f : key switch
        {
            < 0 => 0.4f * sign,
            0 => 0.3f,
            3 => 0.1f * (1 + (0.2f * sign)),
            < Length / 2 => 0.05f * (1 + (0.8f * sign)),
            _ => 0.5f,
        };
    }
}

using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Tests.Attention;

public class SinkCandidatesTests
{
    [Fact]
    public void Pick_MeanAlphaOverTheThresholdInSomeHead_IsASink()
    {
        using var model = EvaluatedModel.Random();
        var (a, dot) = (model.Tokenizer.Encode("a")[0], model.Tokenizer.Encode(".")[0]);
        var candidates = new SinkCandidates(model.Tokenizer, startsWithBos: true, blocks: 1, heads: 2);
        for (var window = 0; window < 10; window++)
        {
            // BOS is over in both heads; the first delimiter on average in head 1 (0.2, 0.4, 0.6, …); 'a' never.
            var alpha = 0.2 * (1 + (window % 3));
            int[] tokens = [0, a, dot];
            candidates.Add(tokens, new HeadPlace(0, 0), [0.9, 0.1, 0.1], 0.3);
            candidates.Add(tokens, new HeadPlace(0, 1), [0.5, 0.1, alpha], 0.3);
        }

        var sinks = candidates.Pick(0.3);

        Assert.Equal([SinkKind.PositionZero, SinkKind.FirstDelimiter, SinkKind.Token], sinks.Select(sink => sink.Kind));
        Assert.Equal(("<|bos|> at position 0", 10, 1.0, 2), (sinks[0].Name, sinks[0].Occurrences, sinks[0].SinkRate, sinks[0].HeadsOver));
        Assert.Equal(new HeadPlace(0, 0), sinks[0].Strongest);
        Assert.Equal(("'.'", dot, 10, 1), (sinks[2].Name, sinks[2].TokenId, sinks[2].Occurrences, sinks[2].HeadsOver));

        // 0.4 and 0.6 exceed 0.3 in six of ten windows, in one of two heads; the mean of four times 0.2, three times 0.4 and 0.6 is 0.38.
        Assert.Equal(0.3, sinks[1].SinkRate, 1e-12);
        Assert.Equal(0.38, sinks[1].StrongestAlpha, 1e-12);
        Assert.Equal(0.5, candidates.FirstAlpha(0, 1), 1e-12);
    }

    [Fact]
    public void Pick_RareToken_IsNoSink()
    {
        using var model = EvaluatedModel.Random();
        var a = model.Tokenizer.Encode("a")[0];
        var candidates = new SinkCandidates(model.Tokenizer, startsWithBos: true, blocks: 1, heads: 1);
        for (var window = 0; window < SinkCandidates.LeastOccurrences - 1; window++)
        {
            candidates.Add([0, a], new HeadPlace(0, 0), [0.1, 0.9], 0.3);
        }

        Assert.Empty(candidates.Pick(0.3));
    }
}

using OutlierQuant.Calibration.Folding;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Folding;

public sealed class FoldSearchTests
{
    private const int Bos = ByteTokenizer.BosTokenId;

    [Fact]
    public void Run_BosSuffices_TriesNothingElse()
    {
        FoldSearchResult result = Search(_ => []);

        Assert.Equal([Bos], Ids(result.Found));
        Assert.True(result.Suffices);
        Assert.Equal([Bos], Ids(Assert.Single(result.Steps)));
        Assert.Equal("no token behind the prefix holds anything massive", result.Reason);
        Assert.Equal("<|bos|>", result.Found.Prefix[0].Token);
    }

    [Fact]
    public void Run_TwoTokensNeeded_FindsThemMostFrequentFirst()
    {
        // Token 40 is massive six times and token 35 four times, each until it stands in the prefix.
        FoldSearchResult result = Search(prefix => [.. Left(prefix, 40, 6), .. Left(prefix, 35, 4)]);

        Assert.Equal([40, 35, Bos], Ids(result.Found));
        Assert.True(result.Suffices);
        Assert.Equal([[Bos], [40, Bos], [35, Bos], [40, 35, Bos]], result.Steps.Select(Ids));
        Assert.Equal([10, 4, 6, 0], result.Steps.Select(step => step.OutlierTokens));
        Assert.Equal([(40, "&", 6), (35, "!", 4)], result.Steps[0].Most.Select(most => (most.TokenId, most.Token, most.Count)));
    }

    [Fact]
    public void Run_LearnedPositions_KeepBosInFront() =>
        Assert.Equal([Bos, 40], Ids(Search(prefix => [.. Left(prefix, 40, 6)], "GPT2LMHeadModel").Found));

    [Fact]
    public void Run_EqualTokens_TakesTheLowerId() => Assert.Equal([35, Bos], Ids(Search(prefix => prefix.Length > 1 ? [] : [40, 40, 35, 35]).Found));

    [Fact]
    public void Run_NoCandidateHalves_StaysWithBosAndSaysWhatIsLeft()
    {
        FoldSearchResult result = Search(prefix => [.. Enumerable.Repeat(50, prefix.Length == 1 ? 20 : 11)]);

        Assert.Equal([Bos], Ids(result.Found));
        Assert.False(result.Suffices);
        Assert.Equal(20, result.Found.OutlierTokens);
        Assert.Equal("folding one of the 1 most frequent tokens left as well does not halve their number", result.Reason);
    }

    [Fact]
    public void Run_OnlyTokensOfThePrefixLeft_Ends() => Assert.Contains("the 0 most frequent", Search(_ => [Bos]).Reason, StringComparison.Ordinal);

    [Fact]
    public void Run_ManyTokens_TriesEightAtATimeUpToFourTokens()
    {
        // Twenty tokens, each massive once; every token that is folded removes half of them.
        FoldSearchResult result = Search(prefix => [.. Enumerable.Range(30, 20 >> (prefix.Length - 1))]);

        Assert.Equal([30, 31, 32, Bos], Ids(result.Found));
        Assert.False(result.Suffices);
        Assert.Equal(1 + 8 + 8 + 3, result.Steps.Count); // 20, then 10, then 5 of which two are in the prefix already
        Assert.Equal("the prefix has 4 tokens, the most that are tried", result.Reason);
    }

    [Fact]
    public void Run_MoreWindowsThanItLooksAt_SaysHowMany()
    {
        using FoldingModel model = new();
        int[] seen = [];
        FoldSearchResult result = FoldSearch.Run(model.Model, model.Tokenizer, model.Cut(windows: 9, context: 8), (_, set) =>
        {
            seen = [.. seen, set.Windows.Count];
            return new OutlierTokenTally([]);
        });

        Assert.Equal((8, 8), (result.Windows, Assert.Single(seen)));
    }

    [Fact]
    public void Run_WindowsAsLongAsThePositions_AreShortenedForALongerPrefix()
    {
        using FoldingModel model = new(new RandomCheckpoint { MaxPositions = FoldingModel.Context });
        List<int> contexts = [];
        FoldSearch.Run(model.Model, model.Tokenizer, model.Cut(), (folded, set) =>
        {
            contexts.Add(set.Windows[0].Length);
            return new OutlierTokenTally(folded.Fold!.Prefix!.TokenIds.Count == 1 ? [40] : []);
        });

        Assert.Equal([12, 11], contexts);
    }

    [Fact]
    public void Run_WithoutBos_NamesTheOption()
    {
        using FoldingModel model = new();

        Assert.Contains("--no-bos", Assert.Throws<ArgumentException>(() => FoldSearch.Run(model.Model, model.Tokenizer, model.Cut(bos: false), new DetectorOptions())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.2, 1.5)]
    [InlineData(3, 2.5)]
    [InlineData(100, 1.3)]
    public void Run_RealModel_CountsWhatAPlainComputationCounts(double minRatio, double prefixQuantRatio)
    {
        using FoldingModel model = new(new RandomCheckpoint { BosOutlier = 500 });
        CalibrationSet set = model.Cut();
        DetectorOptions options = new() { MinMagnitude = 0.1, MinRatio = minRatio, PrefixQuantRatio = prefixQuantRatio };

        FoldSearchResult result = FoldSearch.Run(model.Model, model.Tokenizer, set, options);

        // The unfolded model's values without their first row are those of the model with BOS folded.
        Recorder recorder = new();
        new ForwardPass(model.Model).Run(set.Windows, recorder, new ForwardOptions { Observer = recorder });
        HashSet<(int Window, int Position)> expected = [];
        foreach ((ObservationPoint point, int window, float[][] all) in recorder.Seen)
        {
            float[][] rows = all[1..];
            double[] absMax = [.. rows.Select(row => (double)row.Max(Math.Abs))];
            double median = point.Kind == ObservationKind.BlockOutput
                ? rows.SelectMany(row => row).Select(value => (double)Math.Abs(value)).Order().ElementAt(((rows.Length * rows[0].Length) - 1) / 2)
                : absMax.Order().ElementAt((rows.Length - 1) / 2);
            double threshold = point.Kind == ObservationKind.BlockOutput ? Math.Max(0.1, minRatio * median) : prefixQuantRatio * median;
            expected.UnionWith(Enumerable.Range(0, rows.Length).Where(row => absMax[row] > threshold).Select(row => (window, row + 1)));
        }

        Assert.Equal(expected.Count, result.Steps[0].OutlierTokens);
        Assert.True(expected.Count > 0);
        (int, int)[] frequencies = [.. expected.Select(place => set.Windows[place.Window][place.Position]).CountBy(id => id).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)).Take(8)];
        Assert.Equal(frequencies, result.Steps[0].Most.Select(most => (most.TokenId, most.Count)));
        Assert.True(result.Suffices == (result.Found.OutlierTokens == 0));
    }

    private static FoldSearchResult Search(Func<int[], int[]> left, string architecture = "LlamaForCausalLM")
    {
        using FoldingModel model = new(new RandomCheckpoint { Architecture = architecture });
        return FoldSearch.Run(model.Model, model.Tokenizer, model.Cut(), (folded, _) => new OutlierTokenTally(left([.. folded.Fold!.Prefix!.TokenIds])));
    }

    private static IEnumerable<int> Left(int[] prefix, int id, int count) => prefix.Contains(id) ? [] : Enumerable.Repeat(id, count);

    private static int[] Ids(FoldSearchStep step) => [.. step.Prefix.Select(token => token.TokenId)];

    private sealed class Recorder : IForwardObserver, IWindowConsumer
    {
        public List<(ObservationPoint Point, int Window, float[][] Rows)> Seen { get; } = [];

        public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput || point.LinearName.EndsWith("down_proj", StringComparison.Ordinal);

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns) =>
            Seen.Add((point, window, [.. values.ToArray().Chunk(columns)]));

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}

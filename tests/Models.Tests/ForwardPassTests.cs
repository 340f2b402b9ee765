using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests;

public sealed class ForwardPassTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static int[][] SomeWindows => [TestTokens.Random(40, seed: 1), TestTokens.Random(5, seed: 2), TestTokens.Random(33, seed: 3), [7], TestTokens.Random(64, seed: 4)];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Run_WindowsInFlightTogether_EqualSingleWindowsBitForBit(string architecture)
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { Architecture = architecture }.Write(_directory.Path));

        List<float[]> together = Windows.Run(test.Model, SomeWindows);
        List<float[]> oneByOne = Windows.Run(test.Model, SomeWindows, new ForwardOptions { ActivationBudgetBytes = 1 });

        Assert.Equal(SomeWindows.Length, together.Count);
        Assert.Equal(together, oneByOne);
        for (int window = 0; window < SomeWindows.Length; window++)
        {
            Assert.Equal(together[window], Windows.Run(test.Model, [SomeWindows[window]])[0]);
        }
    }

    [Fact]
    public void Run_AnyThreadCount_SameBits()
    {
        new RandomCheckpoint { Architecture = "MistralForCausalLM", SlidingWindow = 20, IntermediateSize = 77 }.Write(_directory.Path);
        List<float[]>[] results = [.. ((int[])[1, 2, 3, 7]).Select(threads =>
        {
            using TestModel test = TestModel.Open(_directory.Path, threads);
            return Windows.Run(test.Model, SomeWindows);
        })];

        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void Run_BudgetForTwoWindows_GoesLayerMajorInBatchesOfTwo()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        int[][] windows = [.. Enumerable.Range(0, 5).Select(seed => TestTokens.Random(16, seed: seed))];
        long budget = 4L * 16 * ((2 * test.Model.Config.HiddenSize) + test.Model.BufferFeatures);
        RecordingObserver observer = new(point => point.Kind == ObservationKind.BlockOutput);

        _ = Windows.Run(test.Model, windows, new ForwardOptions { Observer = observer, ActivationBudgetBytes = budget });

        (int, int)[] expected = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3), (0, 4), (1, 4)];
        Assert.Equal(expected, observer.Seen.Select(seen => (seen.Point.Block, seen.Window)));
    }

    [Fact]
    public void Run_Progress_CountsEveryBlockAndWindow()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint { BlockCount = 3 }.Write(_directory.Path));
        List<ForwardProgress> reports = [];

        _ = Windows.Run(test.Model, SomeWindows, new ForwardOptions { Progress = reports.Add });

        int tokens = SomeWindows.Sum(window => window.Length);
        Assert.Equal(new ForwardProgress(0, 1, 15, 40 / 3, tokens), reports[0]);
        Assert.Equal(new ForwardProgress(5, 15, 15, tokens, tokens), reports[^1]);
        Assert.Equal(15 + 5, reports.Count);
        Assert.Equal(reports.OrderBy(report => report.BlocksDone + report.WindowsDone), reports);
    }

    [Fact]
    public void Run_Cancelled_StopsBeforeTheNextBlock()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        using CancellationTokenSource source = new();
        int blocks = 0;
        ForwardOptions options = new()
        {
            Cancellation = source.Token,
            Progress = _ =>
            {
                blocks++;
                source.Cancel();
            },
        };

        Assert.Throws<OperationCanceledException>(() => Windows.Run(test.Model, SomeWindows, options));

        Assert.Equal(1, blocks);
    }

    [Fact]
    public void Run_StartsWithBos_IsAskedFromTheFirstTokenOrTheOption()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        int[][] windows = [[ByteTokenizer.BosTokenId, 5], [5, ByteTokenizer.BosTokenId]];
        bool[] Seen(bool? option)
        {
            RecordingObserver observer = new(point => point == new ObservationPoint(ObservationKind.BlockOutput, 0));
            _ = Windows.Run(test.Model, windows, new ForwardOptions { Observer = observer, StartsWithBos = option });
            return [.. observer.Seen.Select(seen => seen.Chunk.StartsWithBos)];
        }

        Assert.Equal([true, false], Seen(null));
        Assert.Equal([true, true], Seen(true));
        Assert.Equal([false, false], Seen(false));
    }

    [Fact]
    public void Run_LongerThanMaxPositions_OnlyIfAllowedAndNeverWithLearnedPositions()
    {
        int[] ids = TestTokens.Random(65);
        ForwardOptions allowing = new() { AllowBeyondMaxPositions = true };
        using TestModel llama = TestModel.Open(new RandomCheckpoint { MaxPositions = 64 }.Write(_directory.Path));
        Assert.Equal("Window 0 needs 65 positions; the model has 64.", Assert.Throws<ArgumentException>(() => Windows.Run(llama.Model, [ids])).Message);
        Assert.Equal(65 * 32, Windows.Run(llama.Model, [ids], allowing)[0].Length);

        using TemporaryDirectory other = new();
        using TestModel gpt2 = TestModel.Open(new RandomCheckpoint { Architecture = "GPT2LMHeadModel", MaxPositions = 64 }.Write(other.Path));
        Assert.Equal("Window 0 needs 65 positions; the model has 64.", Assert.Throws<ArgumentException>(() => Windows.Run(gpt2.Model, [ids], allowing)).Message);
    }

    [Fact]
    public void Run_WithTiming_CountsEveryPartAndNothingTwice()
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        ForwardTiming timing = new();
        using TransformerModel timed = TransformerModel.Open(_directory.Path, test.Model.Context with { Timing = timing });
        long start = System.Diagnostics.Stopwatch.GetTimestamp();

        float[] logits = timed.Logits(TestTokens.Random(30));

        TimeSpan elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        TimingReport report = timing.Take(elapsed, 30);
        Assert.Equal(test.Model.Logits(TestTokens.Random(30)), logits);
        string[] expected =
        [
            "embedding", "norms", "q, k, v", "rotary and cache", "attention", "attention output", "gate, up", "activation function", "down", "block output", "output head", "other",
        ];
        Assert.Equal(expected, report.Parts.Where(part => part.Part != "activation quantization").Select(part => part.Part));
        Assert.Equal(elapsed.TotalSeconds, report.Parts.Sum(part => part.Seconds), 1e-9);
        Assert.Equal(1, report.Parts.Sum(part => part.Share), 1e-9);
        Assert.InRange(report.ProductShare, 1e-9, 1);
        Assert.Equal(["other"], timing.Take(elapsed, 0).Parts.Select(part => part.Part));
        TimingReport twice = report.Plus(report);
        Assert.Equal(2 * report.Seconds, twice.Seconds, 1e-9);
        Assert.Equal(60, twice.Tokens);
        Assert.Equal(report.ProductShare, twice.ProductShare, 1e-9);
    }

    [Theory]
    [InlineData(new[] { 5, 258 }, "Window 1 holds token id 258; the vocabulary has ids 0 to 257.")]
    [InlineData(new[] { -1 }, "Window 1 holds token id -1; the vocabulary has ids 0 to 257.")]
    [InlineData(new int[0], "Window 1 has no tokens; at least one is needed.")]
    public void Run_WrongWindow_FailsBeforeAnythingIsComputed(int[] window, string message)
    {
        using TestModel test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));
        bool progressed = false;

        ArgumentException wrong = Assert.Throws<ArgumentException>(
            () => Windows.Run(test.Model, [[1], window], new ForwardOptions { Progress = _ => progressed = true }));

        Assert.Equal(message, wrong.Message);
        Assert.False(progressed);
    }
}

using OutlierQuant.Eval.Attention;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tests.Attention;

public class SinkMetricObserverTests
{
    private static readonly int[] s_window = [0, 40, 41, 42];

    // Head 0 gives everything to key 0, head 1 the same to every key that it sees.
    private static readonly float[][] s_first = [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]];
    private static readonly float[][] s_even = [[1, 0, 0, 0], [0.5f, 0.5f, 0, 0], [1 / 3f, 1 / 3f, 1 / 3f, 0], [0.25f, 0.25f, 0.25f, 0.25f]];

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    [InlineData(3)]
    public void SinkByPosition_HandMadeAttention_IsTheShareOfHeads(int tokensAPiece)
    {
        // α of head 1: key 0 (1 + 1/2 + 1/3 + 1/4) / 4 = 0.5208, key 1 (1/2 + 1/3 + 1/4) / 3 = 0.3611. Head 0: 1 and 0.
        Assert.Equal([1, 0.5], Measure(0.3, tokensAPiece));
        Assert.Equal([1, 0], Measure(0.37, tokensAPiece));
        Assert.Equal([0.5, 0], Measure(0.53, tokensAPiece));
    }

    [Fact]
    public void Observe_NaN_NamesThePlace()
    {
        var observer = new SinkMetricObserver([s_window], 3, 1, 0.3, null);

        var error = Assert.Throws<ArithmeticException>(() => observer.Observe(
            new(ObservationKind.AttentionProbabilities, 2), 0, new SequenceChunk(s_window, 0, true), [1, 0, 0, 0, float.NaN, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 4, 4));

        Assert.StartsWith("attention of block 2: window 0, head 0 gives key 0 a probability that is NaN", error.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<double> Measure(double threshold, int tokensAPiece)
    {
        var observer = new SinkMetricObserver([s_window], 1, 2, threshold, null);
        for (var first = 0; first < 4; first += tokensAPiece)
        {
            var count = Math.Min(tokensAPiece, 4 - first);
            float[] piece = [.. s_first.Skip(first).Take(count).SelectMany(row => row), .. s_even.Skip(first).Take(count).SelectMany(row => row)];
            observer.Observe(
                new(ObservationKind.AttentionProbabilities, 0), 0, new SequenceChunk(s_window.AsMemory(first, count), first, true), piece, 2 * count, 4);
        }

        return observer.SinkByPosition;
    }
}

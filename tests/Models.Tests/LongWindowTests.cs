using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests;

/// <summary>Counts what the whole process allocates, so nothing may run beside it.</summary>
[Collection(nameof(LongWindowTests))]
[CollectionDefinition(nameof(LongWindowTests), DisableParallelization = true)]
public sealed class LongWindowTests : IDisposable
{
    private const int Tokens = 8192;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(1000)]
    public void Run_LongWindow_AllocatesNoMatrixOfTokensByTokens(int? slidingWindow)
    {
        RandomCheckpoint checkpoint = new()
        {
            Architecture = "MistralForCausalLM",
            BlockCount = 1,
            HiddenSize = 16,
            HeadCount = 2,
            KeyValueHeadCount = 1,
            HeadSize = 8,
            IntermediateSize = 24,
            MaxPositions = Tokens,
            SlidingWindow = slidingWindow,
        };
        using TestModel test = TestModel.Open(checkpoint.Write(_directory.Path));
        int[] ids = TestTokens.Random(Tokens);
        _ = Windows.Run(test.Model, [ids[..16]]);
        long perToken = 4L * (test.Model.BufferFeatures + (2 * test.Model.Config.HiddenSize));
        long before = GC.GetTotalAllocatedBytes(precise: true);

        float[] hidden = Windows.Run(test.Model, [ids])[0];

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(Tokens * test.Model.Config.HiddenSize, hidden.Length);

        // Where the test runs alone, pools are empty, and what they rent out is rounded up to powers of two.
        long bound = (Tokens * perToken) + (6L << 20);
        Assert.InRange(allocated, hidden.Length, bound);

        // The bound itself is 20 times below one such matrix of floats.
        Assert.InRange(bound, 0, 4L * Tokens * Tokens / 20);
    }
}

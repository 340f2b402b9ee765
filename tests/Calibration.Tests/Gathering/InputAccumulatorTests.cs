using OutlierQuant.Calibration.Gathering;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Kernels;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using Xunit;

namespace OutlierQuant.Calibration.Tests.Gathering;

public sealed class InputAccumulatorTests
{
    private static readonly TokenClass[] Classes = [TokenClass.Bos, TokenClass.Delimiter, TokenClass.Other];

    [Fact]
    public void Add_DownProjection_CountsOutlierTokensAndKeepsTheLargest()
    {
        InputAccumulator input = new(new SharedInput([new NamedLinear("down", 0, LinearRole.Down)]), prefixQuantRatio: 10);
        // Token absmax 30, 2, 1: median 2, ratio 15, and 30 > 10 × 2. Then 5, 4, 400: median 5, ratio 80, and 400 > 10 × 5.
        input.Add([-30, 1, 0, 2, 1, 1], [0, 7, 8], Classes, 0, new AbsoluteMedian());
        input.Add([5, 1, 4, 2, 3, -400], [0, 7, 9], Classes, 1, new AbsoluteMedian());

        Assert.Equal(47.5, input.QfemScore); // (15 + 80) / 2
        Assert.Equal(80, input.MaxRatio);
        Assert.Equal([((0, TokenClass.Bos), 1), ((9, TokenClass.Other), 1)], input.OutlierTokens.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal((400, 9, 2), (input.Largest!.AbsMax, input.Largest.TokenId, input.Largest.Position));
        Assert.Equal([3, -400], input.Largest.Values);
    }

    [Fact]
    public void Add_OtherLinear_KeepsNoToken()
    {
        InputAccumulator input = new(new SharedInput([new NamedLinear("up", 0, LinearRole.Up)]), prefixQuantRatio: 10);
        input.Add([-30, 1, 0, 2, 1, 1], [0, 7, 8], Classes, 0, new AbsoluteMedian());
        Assert.Equal(15, input.QfemScore);
        Assert.Null(input.Largest);
        Assert.Empty(input.OutlierTokens);
    }

    [Fact]
    public void Group_LlamaBlocks_SharesQueryKeyValueAndGateUp()
    {
        LinearRole[] roles = [LinearRole.Query, LinearRole.Key, LinearRole.Value, LinearRole.AttentionOutput, LinearRole.Gate, LinearRole.Up, LinearRole.Down];
        List<Linear> linears = [.. from block in Enumerable.Range(0, 2) from role in roles select new NamedLinear($"{block}.{role}", block, role)];
        linears.Add(new NamedLinear("head", -1, LinearRole.Head));

        Assert.Equal(
            ["0.Query 0.Key 0.Value", "0.AttentionOutput", "0.Gate 0.Up", "0.Down", "1.Query 1.Key 1.Value", "1.AttentionOutput", "1.Gate 1.Up", "1.Down", "head"],
            SharedInput.Group(linears).Select(input => string.Join(' ', input.Names)));
    }

    [Fact]
    public void Group_Gpt2Block_SharesNothing()
    {
        LinearRole[] roles = [LinearRole.QueryKeyValue, LinearRole.AttentionOutput, LinearRole.Up, LinearRole.Down];
        Assert.Equal(4, SharedInput.Group(roles.Select(role => new NamedLinear($"{role}", 0, role))).Count);
    }

    /// <summary>A linear of two features that is only asked for its name and role.</summary>
    private sealed class NamedLinear(string name, int block, LinearRole role) : Linear(name, block, role, 2, 2)
    {
        public override long WeightByteSize => 0;

        public override string DescribeKernel(KernelSuite suite, int tokens) => "none";

        public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context) =>
            throw new InvalidOperationException("Not computed in these tests.");
    }
}

using OutlierQuant.Eval.Tracing;

namespace OutlierQuant.Eval.Tests.Tracing;

public class SpikeShapeTests
{
    [Fact]
    public void Of_OneLargeStepAndALateFall_NamesBothBlocks()
    {
        var shape = SpikeShape.Of(Steps(2, 99, 616, 2480, 2656, 3024, 364));

        Assert.Equal((SpikeOrigin.Step, 3024, 4), (shape.Origin, shape.Peak, shape.PeakBlock));
        Assert.Equal((2, 2, 5), (shape.FirstBlock, shape.WriterBlock, shape.StepDownBlock));
        Assert.Equal([1, 2, 4], shape.BuildingBlocks);
        Assert.Equal(364 / 3024.0, shape.LastShare, 1e-12);
    }

    [Fact]
    public void Of_NegativeSpike_CountsInItsOwnDirection()
    {
        var shape = SpikeShape.Of(Steps(0, -547, -583, -647, -1208, -1257, -1411, -1576, -1651));

        Assert.Equal((SpikeOrigin.Gradual, -1651, 7), (shape.Origin, shape.Peak, shape.PeakBlock));
        Assert.Equal([0, 3], shape.BuildingBlocks);
        Assert.Equal((0, null, 1), (shape.FirstBlock, shape.StepDownBlock, shape.LastShare));
    }

    [Fact]
    public void Of_EmbeddingWithHalf_StartsThere()
    {
        Assert.Equal(SpikeOrigin.Embedding, SpikeShape.Of(Steps(50, 60, 100)).Origin);
        Assert.Equal(SpikeOrigin.Step, SpikeShape.Of(Steps(49, 49, 100)).Origin);
        var falling = SpikeShape.Of(Steps(100, 40, 30));
        Assert.Equal((SpikeOrigin.Embedding, -1, 0, 0), (falling.Origin, falling.PeakBlock, falling.FirstBlock, falling.StepDownBlock));
    }

    [Fact]
    public void Of_ManySmallSteps_HasAFirstBlock()
    {
        double[] values = [.. Enumerable.Range(0, 17).Select(i => i * 4.0)];

        var shape = SpikeShape.Of(Steps(values));

        Assert.Equal(SpikeOrigin.Gradual, shape.Origin);
        Assert.Empty(shape.BuildingBlocks);
        Assert.Equal(0, shape.FirstBlock);
    }

    /// <summary>Steps between values, each made by one weight of 1.</summary>
    private static BlockStep[] Steps(params double[] values) =>
        [.. Enumerable.Range(0, values.Length - 1).Select(block => new BlockStep(block, values[block], 0, values[block + 1] - values[block], values[block + 1], 0, (float)(values[block + 1] - values[block]), 1, true))];
}

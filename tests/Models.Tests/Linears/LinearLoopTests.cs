using OutlierQuant.Kernels;
using OutlierQuant.Kernels.RowQuantize;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models.Linears;
using Xunit;

namespace OutlierQuant.Models.Tests.Linears;

public sealed class LinearLoopTests
{
    private const int Columns = 200;

    private static readonly ActivationQuantization Codes = new(ActivationGranularity.Token, 8, float.NaN, []);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    [InlineData(3, 40)]
    [InlineData(7, 5)]
    public void Run_SeveralLinears_EqualEachAloneBitForBit(int threads, int tokens)
    {
        Linear[] linears =
        [
            Quantized("a", WeightFormat.Int8, 100, [3, 9], Codes),
            Quantized("b", WeightFormat.Int4, 17, [3, 9], Codes),
            Quantized("c", WeightFormat.Ternary, 1, [], Codes),
            Quantized("d", WeightFormat.Int4, 33, [4], ActivationQuantization.Float),
        ];
        float[] input = Random(tokens * Columns);
        SequenceChunk chunk = new(new int[tokens], 0, StartsWithBos: true);
        float[][] alone = [.. linears.Select(linear => new float[tokens * linear.OutFeatures])];
        float[][] together = [.. linears.Select(linear => new float[tokens * linear.OutFeatures])];
        using WorkerTeam one = new(1);
        using WorkerTeam team = new(threads);
        for (int i = 0; i < linears.Length; i++)
        {
            linears[i].Forward(input, tokens, chunk, alone[i], new ComputeContext(KernelSuite.Choose(), one));
        }

        LinearLoop.Run(linears, input, tokens, chunk, [.. together.Select(output => output.AsMemory())], new ComputeContext(KernelSuite.Choose(), team));

        Assert.Equal(alone, together);
        Assert.All(together, output => Assert.Contains(output, value => value != 0));
    }

    [Fact]
    public void Run_SameRuleAndChannels_RoundsTheInputOnce() =>
        Assert.Equal(4, RoundedRows(4, Quantized("a", WeightFormat.Int8, 9, [3], Codes), Quantized("b", WeightFormat.Int4, 5, [3], Codes with { ScaleExcludedChannels = [] })));

    [Fact]
    public void Run_OtherRuleOrOtherChannels_RoundsTheInputForEach()
    {
        QuantizedLinear first = Quantized("a", WeightFormat.Int8, 9, [3], Codes);

        Assert.Equal(8, RoundedRows(4, first, Quantized("b", WeightFormat.Int8, 9, [4], Codes)));
        Assert.Equal(8, RoundedRows(4, first, Quantized("b", WeightFormat.Int8, 9, [3], Codes with { Bits = 4 })));
        Assert.Equal(8, RoundedRows(4, first, Quantized("b", WeightFormat.Int8, 9, [3], Codes with { ScaleExcludedChannels = [7] })));
        Assert.Equal(8, RoundedRows(4, first, Quantized("b", WeightFormat.Int8, 9, [3], Codes with { Granularity = ActivationGranularity.Tensor })));
        ActivationQuantization still = new(ActivationGranularity.TensorStatic, 8, 0.5f, []);
        Assert.Equal(8, RoundedRows(4, Quantized("a", WeightFormat.Int8, 9, [], still), Quantized("b", WeightFormat.Int8, 9, [], still with { StaticScale = 0.25f })));
    }

    [Fact]
    public void Run_LinearWithItsOwnForward_IsComputedByIt()
    {
        using WorkerTeam team = new(2);
        QuantizedLinear quantized = Quantized("a", WeightFormat.Int8, 9, [], Codes);
        float[] constant = new float[2 * 9];
        float[] product = new float[2 * 9];

        LinearLoop.Run([new ConstantLinear(quantized, 7), quantized], Random(2 * Columns), 2, default, [constant, product], new ComputeContext(KernelSuite.Choose(), team));

        Assert.All(constant, value => Assert.Equal(7, value));
        Assert.All(product, value => Assert.NotEqual(0, value));
    }

    [Fact]
    public void Run_WrongShapeOfOne_ThrowsAndNamesIt()
    {
        using WorkerTeam team = new(1);
        QuantizedLinear linear = Quantized("the second", WeightFormat.Int8, 9, [], Codes);
        ArgumentException wrong = Assert.Throws<ArgumentException>(
            "output", () => LinearLoop.Run([linear, linear], new float[Columns], 1, default, [new float[9], new float[8]], new ComputeContext(KernelSuite.Choose(), team)));

        Assert.StartsWith("'the second': 1 tokens of 9 features need room for 9 values", wrong.Message, StringComparison.Ordinal);
    }

    private static int RoundedRows(int tokens, params Linear[] linears)
    {
        CountingRowQuantize counting = new();
        using WorkerTeam team = new(2);
        LinearLoop.Run(
            linears,
            Random(tokens * Columns),
            tokens,
            default,
            [.. linears.Select(linear => new float[tokens * linear.OutFeatures].AsMemory())],
            new ComputeContext(KernelSuite.Choose() with { RowQuantize = counting }, team));
        return counting.Rows;
    }

    private static QuantizedLinear Quantized(string name, WeightFormat format, int rows, int[] preserved, ActivationQuantization activations) =>
        new(name, 0, LinearRole.Query, TestWeights.Random(format, rows, Columns, Columns, preserved), activations, null, null, null);

    private static float[] Random(int count)
    {
        Random random = new(11);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    /// <summary>Counts the rows that are rounded.</summary>
    private sealed class CountingRowQuantize : IRowQuantizeKernel
    {
        private readonly IRowQuantizeKernel _kernel = KernelSuite.Choose().RowQuantize;
        private int _rows;

        public int Rows => _rows;

        public float AbsMax(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels) => _kernel.AbsMax(row, preservedChannels);

        public void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels, float scale, int qMax, Span<sbyte> codes, Span<float> preserved)
        {
            Interlocked.Increment(ref _rows);
            _kernel.Quantize(row, preservedChannels, scale, qMax, codes, preserved);
        }
    }
}

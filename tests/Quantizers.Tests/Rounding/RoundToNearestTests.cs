using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Quantizers.Rounding;
using Xunit;

namespace OutlierQuant.Quantizers.Tests.Rounding;

public sealed class RoundToNearestTests
{
    private static readonly float[,] Worked =
    {
        { 7f, -3.5f, 2.5f, 0.5f },
        { 0f, 0f, 0f, 0f },
        { 14f, 1f, 3f, -5f },
        { -0.875f, 0.25f, 0.1875f, 0.03125f },
    };

    // Row by row, absmax / 7 = 1, (all zero) 1, 2, 0.125. Ties go to even: -3.5 → -4, 2.5 → 2, 0.5 → 0, 1/2 → 0, 3/2 → 2, -5/2 → -2, 0.1875/0.125 → 2.
    [Fact]
    public void Round_Int4PerChannel_GivesTheCodesWorkedByHand()
    {
        RoundedMatrix matrix = Round(Worked, WeightFormat.Int4);

        Assert.Equal([1f, 1f, 2f, 0.125f], matrix.Scales);
        Assert.Equal(
            new sbyte[,]
            {
                { 7, -4, 2, 0 },
                { 0, 0, 0, 0 },
                { 7, 0, 2, -2 },
                { -7, 2, 2, 0 },
            },
            Codes(matrix));
    }

    // Groups of two columns. Scales: {7, 2.5}/7, {1, 1}, {14, 5}/7, {0.875, 0.1875}/7.
    // Row 0: 7, -3.5 → -4 | 2.5 → 7, 0.5/(2.5/7) = 1.4 → 1. Row 2: 7, 1/2 → 0 | 3/(5/7) = 4.2 → 4, -7. Row 3: -7, 2 | 7, 0.03125/(0.1875/7) = 1.17 → 1.
    [Fact]
    public void Round_Int4InGroupsOfTwo_GivesEachGroupItsScale()
    {
        RoundedMatrix matrix = Round(Worked, WeightFormat.Int4, groupSize: 2);

        Assert.Equal([1f, 2.5f / 7, 1f, 1f, 2f, 5f / 7, 0.125f, 0.1875f / 7], matrix.Scales);
        Assert.Equal(
            new sbyte[,]
            {
                { 7, -4, 7, 1 },
                { 0, 0, 0, 0 },
                { 7, 0, 4, -7 },
                { -7, 2, 7, 1 },
            },
            Codes(matrix));
    }

    // Column 0 leaves codes and scales. Row 0: absmax 3.5, scale 0.5: -7, 5, 1. Row 2: scale 5/7: 1.4 → 1, 4.2 → 4, -7. Row 3: scale 0.25/7: 7, 5.25 → 5, 0.875 → 1.
    [Fact]
    public void Round_ColumnTakenOut_HasCodeZeroAndItsExactWeightBeside()
    {
        RoundedMatrix matrix = Round(Worked, WeightFormat.Int4, takenOut: [0]);

        Assert.Equal([0.5f, 1f, 5f / 7, 0.25f / 7], matrix.Scales);
        Assert.Equal(
            new sbyte[,]
            {
                { 0, -7, 5, 1 },
                { 0, 0, 0, 0 },
                { 0, 1, 4, -7 },
                { 0, 7, 5, 1 },
            },
            Codes(matrix));
        Assert.Equal([7f, 0f, 14f, -0.875f], matrix.TakenOutWeights);
    }

    // Means of magnitudes: 13.5/4 = 3.375; 0 → 1; 23/4 = 5.75; 1.34375/4 = 0.3359375.
    // Row 0: 2.07 → 1 (clamped), -1.04 → -1, 0.74 → 1, 0.15 → 0. Row 2: 2.4 → 1, 0.17 → 0, 0.52 → 1, -0.87 → -1. Row 3: -2.6 → -1, 0.74 → 1, 0.56 → 1, 0.09 → 0.
    [Fact]
    public void Round_Ternary_RoundsAgainstTheMeanMagnitude()
    {
        RoundedMatrix matrix = Round(Worked, WeightFormat.Ternary);

        Assert.Equal([3.375f, 1f, 5.75f, 0.3359375f], matrix.Scales);
        Assert.Equal(
            new sbyte[,]
            {
                { 1, -1, 1, 0 },
                { 0, 0, 0, 0 },
                { 1, 0, 1, -1 },
                { -1, 1, 1, 0 },
            },
            Codes(matrix));
    }

    [Theory]
    [InlineData(WeightFormat.Int8, null)]
    [InlineData(WeightFormat.Int8, 32)]
    [InlineData(WeightFormat.Int4, null)]
    [InlineData(WeightFormat.Int4, 32)]
    public void Round_RandomMatrix_StaysWithinHalfAStep(WeightFormat format, int? groupSize)
    {
        float[,] weights = RandomMatrix.Create(11, 77, seed: 5);
        RoundedMatrix matrix = Round(weights, format, groupSize, takenOut: [3, 40]);
        sbyte[,] codes = Codes(matrix);

        ForEachWeight(matrix, (row, column, scale) =>
        {
            if (column is not (3 or 40))
            {
                // Dividing and multiplying each round once, hence the two units in the last place.
                double limit = (0.5 * scale) + (2 * Math.BitIncrement(Math.Abs(weights[row, column])) * 1.2e-7);
                Assert.InRange(Math.Abs(weights[row, column] - ((double)scale * codes[row, column])), 0, limit);
            }
        });
    }

    [Theory]
    [InlineData(WeightFormat.Int8, null)]
    [InlineData(WeightFormat.Int4, 32)]
    public void Round_OwnResult_GivesTheSameCodes(WeightFormat format, int? groupSize)
    {
        float[,] weights = RandomMatrix.Create(11, 77, seed: 6);
        RoundedMatrix once = Round(weights, format, groupSize, takenOut: [3, 40]);
        sbyte[,] codes = Codes(once);
        ForEachWeight(once, (row, column, scale) => weights[row, column] = column is 3 or 40 ? weights[row, column] : scale * codes[row, column]);

        RoundedMatrix twice = Round(weights, format, groupSize, takenOut: [3, 40]);

        Assert.Equal(once.Codes, twice.Codes);
        Assert.Equal(once.TakenOutWeights, twice.TakenOutWeights);
        Assert.All(once.Scales.Zip(twice.Scales), pair => Assert.InRange(pair.Second, MathF.BitDecrement(pair.First), MathF.BitIncrement(pair.First)));
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Round_StoredTypeAndTransposedLayout_RoundTheSameNumbers(TensorType type)
    {
        float[,] weights = RandomMatrix.Create(9, 33, seed: 7, type);

        RoundedMatrix rows = Round(weights, WeightFormat.Int4, 32, [1], type);
        RoundedMatrix columns = Round(weights, WeightFormat.Int4, 32, [1], type, transposed: true);

        Assert.Equal(rows.Codes, columns.Codes);
        Assert.Equal(rows.Scales, columns.Scales);
        Assert.Equal(rows.TakenOutWeights, columns.TakenOutWeights);
        Assert.Equal(Enumerable.Range(0, 9).Select(row => weights[row, 1]), rows.TakenOutWeights);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    [InlineData(float.NegativeInfinity, "-Infinity")]
    public void Round_WeightThatIsNotFinite_NamesTensorRowAndColumn(float bad, string shown)
    {
        float[,] weights = RandomMatrix.Create(6, 10, seed: 8);
        weights[5, 1] = bad;
        weights[4, 7] = bad;
        weights[4, 9] = bad;

        foreach (int threads in (int[])[1, 3])
        {
            CheckpointFormatException thrown = Assert.Throws<CheckpointFormatException>(() => Round(weights, WeightFormat.Int8, threads: threads));

            Assert.Equal("layer.weight", thrown.TensorName);
            Assert.Contains(
                $"the weight of output feature 4, input feature 7 of layer is {shown}; only finite weights can be quantized", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Round_AnyThreadCount_GivesTheSameBits()
    {
        float[,] weights = RandomMatrix.Create(37, 50, seed: 9);
        RoundedMatrix one = Round(weights, WeightFormat.Int4, 32, [2]);

        foreach (int threads in (int[])[2, 3, 8])
        {
            RoundedMatrix many = Round(weights, WeightFormat.Int4, 32, [2], threads: threads);
            Assert.Equal(one.Codes, many.Codes);
            Assert.Equal(one.Scales, many.Scales);
            Assert.Equal(one.TakenOutWeights, many.TakenOutWeights);
        }
    }

    [Fact]
    public void Round_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => Round(Worked, WeightFormat.Int8, cancellation: source.Token));
    }

    private static RoundedMatrix Round(
        float[,] weights,
        WeightFormat format,
        int? groupSize = null,
        int[]? takenOut = null,
        TensorType type = TensorType.F32,
        bool transposed = false,
        int threads = 1,
        CancellationToken cancellation = default)
    {
        using var stored = new StoredLinear(weights, type, transposed, threads);
        return RoundToNearest.Round(stored.Linear, format, groupSize, takenOut ?? [], stored.Context, cancellation);
    }

    private static sbyte[,] Codes(RoundedMatrix matrix)
    {
        var codes = new sbyte[matrix.Rows, matrix.Columns];
        int bytesPerRow = WeightPacking.BytesPerRow(matrix.Format, matrix.Columns);
        sbyte[] row = new sbyte[matrix.Columns];
        for (int r = 0; r < matrix.Rows; r++)
        {
            WeightPacking.UnpackRow(matrix.Format, matrix.Codes.AsSpan(r * bytesPerRow, bytesPerRow), row);
            for (int c = 0; c < matrix.Columns; c++)
            {
                codes[r, c] = row[c];
            }
        }

        return codes;
    }

    private static void ForEachWeight(RoundedMatrix matrix, Action<int, int, float> visit)
    {
        int groups = matrix.Scales.Length / matrix.Rows;
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                visit(row, column, matrix.Scales[(row * groups) + (column / matrix.GroupSize)]);
            }
        }
    }
}

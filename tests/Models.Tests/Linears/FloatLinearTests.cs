using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Linears;

public sealed class FloatLinearTests : IDisposable
{
    private const int Rows = 37;
    private const int Columns = 20;
    private const int Tokens = 3;

    private readonly TemporaryDirectory _directory = new();
    private readonly WorkerTeam _team = new(2);
    private readonly TensorStore _store;

    public FloatLinearTests()
    {
        string path = _directory.File("model.safetensors");
        float[] values = Random(Rows * Columns, 1);
        SafetensorsWriter.Write(
            path,
            [
                TensorToWrite.From<float>("normal", TensorType.F32, [Rows, Columns], values),
                TensorToWrite.From<float>("transposed", TensorType.F32, [Columns, Rows], Transpose(values)),
                TensorToWrite.From<int>("integers", TensorType.I32, [Rows, Columns], new int[Rows * Columns]),
            ]);
        _store = TensorStore.Open(path);
    }

    private ComputeContext Context => new(KernelSuite.Choose(), _team);

    public void Dispose()
    {
        _store.Dispose();
        _team.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_WithBias_EqualsTheFormula(bool isTransposed)
    {
        float[] bias = Random(Rows, 2);
        float[] input = Random(Tokens * Columns, 3);
        FloatLinear linear = new("l", 0, LinearRole.Up, _store.Require(isTransposed ? "transposed" : "normal"), isTransposed, bias);
        float[] output = new float[Tokens * Rows];

        linear.Forward(input, Tokens, default, output, Context);

        double[] expected = new double[Tokens * Rows];
        float[] row = new float[Columns];
        for (int i = 0; i < expected.Length; i++)
        {
            linear.ReadRow(i % Rows, row);
            expected[i] = row.Zip(input.Skip(i / Rows * Columns), (weight, value) => (double)weight * value).Sum() + bias[i % Rows];
        }

        Close.Assert(expected, output, 1e-6, "output");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Columns * 4 * 8)]
    [InlineData(Columns * 4 * (Rows - 1))]
    public void Forward_MatrixLargerThanASpan_SameBitsAsInOnePiece(int slabBytes)
    {
        float[] bias = Random(Rows, 2);
        float[] input = Random(Tokens * Columns, 3);
        float[] whole = new float[Tokens * Rows];
        float[] slabs = new float[Tokens * Rows];

        new FloatLinear("l", 0, LinearRole.Up, _store.Require("normal"), false, bias).Forward(input, Tokens, default, whole, Context);
        new FloatLinear("l", 0, LinearRole.Up, _store.Require("normal"), false, bias, slabBytes).Forward(input, Tokens, default, slabs, Context);

        Assert.Equal(whole, slabs);
    }

    [Fact]
    public void ReadRow_BothLayouts_SameRow()
    {
        FloatLinear normal = new("l", 0, LinearRole.Up, _store.Require("normal"), false, null);
        FloatLinear transposed = new("l", 0, LinearRole.Up, _store.Require("transposed"), true, null);
        float[] left = new float[Columns];
        float[] right = new float[Columns];
        for (int row = 0; row < Rows; row++)
        {
            normal.ReadRow(row, left);
            transposed.ReadRow(row, right);
            Assert.Equal(left, right);
        }

        Assert.Equal((Columns, Rows, 32.0), (transposed.InFeatures, transposed.OutFeatures, transposed.BitsPerWeight));
        Assert.Throws<ArgumentOutOfRangeException>("row", () => normal.ReadRow(Rows, left));
        Assert.Throws<ArgumentException>("destination", () => normal.ReadRow(0, new float[Columns + 1]));
    }

    [Fact]
    public void Constructor_WrongParts_Fails()
    {
        CheckpointFormatException type = Assert.Throws<CheckpointFormatException>(() => new FloatLinear("l", 0, LinearRole.Up, _store.Require("integers"), false, null));
        Assert.Contains("tensor 'integers': weights of type I32; a float linear needs F32, F16 or BF16", type.Message, StringComparison.Ordinal);
        ArgumentException bias = Assert.Throws<ArgumentException>("bias", () => new FloatLinear("l", 0, LinearRole.Up, _store.Require("normal"), false, new float[Rows - 1]));
        Assert.Contains("'l': the bias has 36 values; 37 output features need as many.", bias.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointFormatException>(() => new FloatLinear("l", 0, LinearRole.Up, _store.Require("transposed"), true, null, 100));
    }

    [Fact]
    public void Forward_TooShortMemory_NamesTheParameter()
    {
        FloatLinear linear = new("l", 0, LinearRole.Up, _store.Require("normal"), false, null);

        Assert.Throws<ArgumentException>("input", () => linear.Forward(new float[Columns], 2, default, new float[2 * Rows], Context));
        Assert.Throws<ArgumentException>("output", () => linear.Forward(new float[2 * Columns], 2, default, new float[Rows], Context));
    }

    private static float[] Random(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    private static float[] Transpose(float[] values) =>
        [.. Enumerable.Range(0, Rows * Columns).Select(i => values[(i % Rows * Columns) + (i / Rows)])];
}

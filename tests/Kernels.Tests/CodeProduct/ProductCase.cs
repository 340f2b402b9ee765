using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>Random operands of one product over codes, from a fixed seed, in arrays that a test may change.</summary>
internal sealed class ProductCase
{
    public ProductCase(WeightFormat format, int tokens, int rows, int columns, int groupSize, int preserved, int seed)
    {
        Random random = new(seed);
        (Format, Tokens, Rows, Columns, GroupSize) = (format, tokens, rows, columns, groupSize);
        Groups = (columns + groupSize - 1) / groupSize;
        Stride = WeightPacking.PaddedColumns(columns);
        PreservedChannels = [.. Enumerable.Range(0, columns).OrderBy(_ => random.Next()).Take(preserved).Order()];
        int qMax = WeightPacking.QMax(format);
        WeightCodes = [.. Enumerable.Range(0, rows * columns).Select(i => PreservedChannels.Contains(i % columns) ? (sbyte)0 : (sbyte)random.Next(-qMax, qMax + 1))];
        Scales = [.. Enumerable.Range(0, rows * Groups).Select(_ => 0.001f + random.NextSingle())];
        PreservedColumns = [.. Enumerable.Range(0, rows * PreservedChannels.Length).Select(_ => (random.NextSingle() - 0.5f) * 10)];
        ActivationCodes = new sbyte[tokens * Stride];
        ActivationScales = [.. Enumerable.Range(0, tokens).Select(_ => 0.001f + random.NextSingle())];
        Activations = [.. Enumerable.Range(0, tokens * columns).Select(_ => (random.NextSingle() - 0.5f) * 10)];
        PreservedActivations = new float[tokens * PreservedChannels.Length];
        for (int t = 0; t < tokens; t++)
        {
            for (int c = 0; c < columns; c++)
            {
                int j = Array.IndexOf(PreservedChannels, c);
                ActivationCodes[(t * Stride) + c] = j >= 0 ? (sbyte)0 : (sbyte)random.Next(-127, 128);
                if (j >= 0)
                {
                    Activations[(t * columns) + c] *= 1000;
                    PreservedActivations[(t * PreservedChannels.Length) + j] = Activations[(t * columns) + c];
                }
            }
        }

        Pack();
    }

    public WeightFormat Format { get; }

    public int Tokens { get; }

    public int Rows { get; }

    public int Columns { get; }

    public int GroupSize { get; }

    public int Groups { get; }

    public int Stride { get; }

    public sbyte[] WeightCodes { get; }

    public byte[] Packed { get; private set; } = [];

    public float[] Scales { get; }

    public int[] PreservedChannels { get; }

    public float[] PreservedColumns { get; }

    public sbyte[] ActivationCodes { get; }

    public float[] ActivationScales { get; }

    public float[] PreservedActivations { get; }

    public float[] Activations { get; }

    public PackedWeights Weights => new()
    {
        Format = Format,
        Rows = Rows,
        Columns = Columns,
        GroupSize = GroupSize,
        Codes = Packed,
        Scales = Scales,
        PreservedChannels = PreservedChannels,
        PreservedColumns = PreservedColumns,
    };

    public ActivationCodes Codes => new() { Codes = ActivationCodes, Stride = Stride, Scales = ActivationScales, Preserved = PreservedActivations };

    /// <summary>Packs <see cref="WeightCodes"/> again after a test has changed them.</summary>
    public void Pack()
    {
        int rowBytes = WeightPacking.BytesPerRow(Format, Columns);
        Packed = new byte[Rows * rowBytes];
        for (int r = 0; r < Rows; r++)
        {
            WeightPacking.PackRow(Format, WeightCodes.AsSpan(r * Columns, Columns), Packed.AsSpan(r * rowBytes, rowBytes));
        }
    }

    public float[] Multiply(ICodeProductKernel kernel, bool onCodes)
    {
        float[] destination = new float[Tokens * Rows];
        Multiply(kernel, onCodes, 0, Rows, destination);
        return destination;
    }

    public void Multiply(ICodeProductKernel kernel, bool onCodes, int firstRow, int rowCount, Span<float> destination)
    {
        if (onCodes)
        {
            kernel.Multiply(Codes, Weights, firstRow, rowCount, destination);
        }
        else
        {
            kernel.Multiply(Activations, Tokens, Weights, firstRow, rowCount, destination);
        }
    }

    public void AssertNearReference(ICodeProductKernel kernel, bool onCodes, bool mayUseFixedPoint = true)
    {
        float[] expected = Multiply(new CodeProductReference(), onCodes), actual = Multiply(kernel, onCodes);
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]), bound = Bound(onCodes, i / Rows, i % Rows, mayUseFixedPoint && !onCodes);
            Assert.True(
                difference <= bound,
                $"{Format}, {Tokens} tokens, {Rows} rows, {Columns} columns in groups of {GroupSize}, {PreservedChannels.Length} preserved: token {i / Rows}, row {i % Rows} is {actual[i]}, expected {expected[i]} ± {bound:g3}.");
        }
    }

    /// <summary>Computes the largest allowed difference for one element.</summary>
    private double Bound(bool onCodes, int token, int row, bool mayUseFixedPoint)
    {
        double magnitude = 0, weightMagnitude = 0, activationMagnitude = 0;
        for (int c = 0; c < Columns; c++)
        {
            double weight = (double)Scales[(row * Groups) + (c / GroupSize)] * WeightCodes[(row * Columns) + c];
            double activation = onCodes ? (double)ActivationScales[token] * ActivationCodes[(token * Stride) + c] : Activations[(token * Columns) + c];
            magnitude += Math.Abs(weight * activation);
            weightMagnitude += Math.Abs(weight);
            activationMagnitude += PreservedChannels.Contains(c) ? 0 : Math.Abs(activation);
        }

        for (int j = 0; j < PreservedChannels.Length; j++)
        {
            magnitude += Math.Abs((double)PreservedColumns[(row * PreservedChannels.Length) + j] * Activations[(token * Columns) + PreservedChannels[j]]);
        }

        return mayUseFixedPoint
            ? CodeProductTolerance.Bound(Columns, magnitude, weightMagnitude, activationMagnitude / Columns)
            : CodeProductTolerance.Bound(Columns, magnitude);
    }
}

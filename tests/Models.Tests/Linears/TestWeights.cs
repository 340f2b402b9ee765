using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Tests.Linears;

/// <summary>Quantized weights for tests: random codes and scales, or a float linear rounded to nearest.</summary>
internal static class TestWeights
{
    /// <summary>Random codes and scales; preserved columns hold random floats.</summary>
    public static QuantizedWeights Random(WeightFormat format, int rows, int columns, int groupSize, int[] preserved, int seed = 1)
    {
        Random random = new(seed);
        int qMax = WeightPacking.QMax(format);
        int groups = (columns + groupSize - 1) / groupSize;
        byte[] packed = new byte[rows * WeightPacking.BytesPerRow(format, columns)];
        sbyte[] codes = new sbyte[columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                codes[column] = preserved.Contains(column) ? (sbyte)0 : (sbyte)random.Next(-qMax, qMax + 1);
            }

            WeightPacking.PackRow(format, codes, packed.AsSpan(row * packed.Length / rows, packed.Length / rows));
        }

        float[] scales = [.. Enumerable.Range(0, rows * groups).Select(_ => (float)(0.01 + random.NextDouble()))];
        float[] columnValues = [.. Enumerable.Range(0, rows * preserved.Length).Select(_ => (float)(Half)(random.NextDouble() - 0.5))];
        return new QuantizedWeights(format, rows, columns, groupSize, packed, scales, preserved, columnValues, TensorType.F16);
    }

    /// <summary>Rounds a float linear to nearest, one scale per row.</summary>
    public static QuantizedWeights Round(FloatLinear linear, WeightFormat format, int[] preserved)
    {
        int qMax = WeightPacking.QMax(format);
        int bytesPerRow = WeightPacking.BytesPerRow(format, linear.InFeatures);
        byte[] packed = new byte[linear.OutFeatures * bytesPerRow];
        float[] scales = new float[linear.OutFeatures];
        float[] columnValues = new float[linear.OutFeatures * preserved.Length];
        float[] row = new float[linear.InFeatures];
        for (int r = 0; r < linear.OutFeatures; r++)
        {
            linear.ReadRow(r, row);
            for (int i = 0; i < preserved.Length; i++)
            {
                columnValues[(r * preserved.Length) + i] = row[preserved[i]];
                row[preserved[i]] = 0;
            }

            scales[r] = row.Max(Math.Abs) / qMax;
            sbyte[] codes = [.. row.Select(value => (sbyte)Math.Clamp(MathF.Round(value / scales[r]), -qMax, qMax))];
            WeightPacking.PackRow(format, codes, packed.AsSpan(r * bytesPerRow, bytesPerRow));
        }

        return new QuantizedWeights(format, linear.OutFeatures, linear.InFeatures, linear.InFeatures, packed, scales, preserved, columnValues, linear.Weight.Type);
    }

    /// <summary>The real number that a code stands for. Preserved columns have their float.</summary>
    public static double[,] Dequantize(QuantizedWeights weights)
    {
        double[,] result = new double[weights.Rows, weights.Columns];
        sbyte[] codes = new sbyte[weights.Columns];
        int bytesPerRow = weights.Codes.Length / weights.Rows;
        for (int row = 0; row < weights.Rows; row++)
        {
            WeightPacking.UnpackRow(weights.Format, weights.Codes.Span.Slice(row * bytesPerRow, bytesPerRow), codes);
            for (int column = 0; column < weights.Columns; column++)
            {
                int preserved = Array.IndexOf(weights.PreservedChannels, column);
                result[row, column] = preserved >= 0
                    ? weights.PreservedColumns.Span[(row * weights.PreservedChannels.Length) + preserved]
                    : (double)codes[column] * weights.Scales.Span[(row * weights.Groups) + (column / weights.GroupSize)];
            }
        }

        return result;
    }
}

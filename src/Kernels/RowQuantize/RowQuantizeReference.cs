using OutlierQuant.Kernels.Rounding;

namespace OutlierQuant.Kernels.RowQuantize;

/// <summary>The scalar definition of row quantization. Written to be read; the others are tested against it.</summary>
public sealed class RowQuantizeReference : IRowQuantizeKernel
{
    /// <inheritdoc/>
    public float AbsMax(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels)
    {
        RowQuantizeShape.Check(row, preservedChannels);
        float absMax = 0;
        for (int c = 0; c < row.Length; c++)
        {
            if (preservedChannels.BinarySearch(c) < 0)
            {
                absMax = MathF.Max(absMax, MathF.Abs(row[c]));
            }
        }

        return absMax;
    }

    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels, float scale, int qMax, Span<sbyte> codes, Span<float> preserved)
    {
        RowQuantizeShape.Check(row, preservedChannels, scale, qMax, codes, preserved);
        codes.Clear();
        for (int c = 0; c < row.Length; c++)
        {
            int j = preservedChannels.BinarySearch(c);
            if (j >= 0)
            {
                preserved[j] = row[c];
            }
            else
            {
                codes[c] = SymmetricCode.Round(row[c], scale, qMax);
            }
        }
    }
}

using OutlierQuant.Kernels.Rounding;

namespace OutlierQuant.Kernels.GroupQuantize;

/// <summary>The scalar definition of group quantization. Written to be read; the others are tested against it.</summary>
public sealed class GroupQuantizeReference : IGroupQuantizeKernel
{
    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<float> scales, int groupSize, int qMax, Span<sbyte> codes)
    {
        GroupQuantizeShape.Check(row, scales, groupSize, qMax, codes);
        for (int c = 0; c < row.Length; c++)
        {
            codes[c] = SymmetricCode.Round(row[c], scales[c / groupSize], qMax);
        }
    }
}

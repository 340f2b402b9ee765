using OutlierQuant.Kernels.Rounding;

namespace OutlierQuant.Kernels.GroupQuantize;

/// <summary>Group quantization with vectors: each group is a run of columns with one scale.</summary>
public sealed class GroupQuantizeSimd : IGroupQuantizeKernel
{
    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<float> scales, int groupSize, int qMax, Span<sbyte> codes)
    {
        GroupQuantizeShape.Check(row, scales, groupSize, qMax, codes);
        for (int g = 0; g < scales.Length; g++)
        {
            int first = g * groupSize;
            int count = Math.Min(groupSize, row.Length - first);
            SymmetricRow.Round(row.Slice(first, count), scales[g], qMax, codes.Slice(first, count));
        }
    }
}

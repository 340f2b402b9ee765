namespace OutlierQuant.Kernels.GroupQuantize;

/// <summary>Checks the arguments of <see cref="IGroupQuantizeKernel.Quantize"/> once, for every implementation.</summary>
internal static class GroupQuantizeShape
{
    public static void Check(ReadOnlySpan<float> row, ReadOnlySpan<float> scales, int groupSize, int qMax, Span<sbyte> codes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groupSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(qMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(qMax, sbyte.MaxValue);
        int groups = (int)(((long)row.Length + groupSize - 1) / groupSize);
        if (scales.Length != groups)
        {
            throw new ArgumentException($"A row of {row.Length} columns in groups of {groupSize} needs {groups} scales, but there are {scales.Length}.", nameof(scales));
        }

        if (codes.Length != row.Length)
        {
            throw new ArgumentException($"A row of {row.Length} columns needs {row.Length} codes, but there is room for {codes.Length}.", nameof(codes));
        }

        for (int g = 0; g < scales.Length; g++)
        {
            if (!(scales[g] > 0))
            {
                throw new ArgumentException($"The scale of group {g} is {scales[g]}; a scale must be positive.", nameof(scales));
            }
        }
    }
}

namespace OutlierQuant.Kernels.RowQuantize;

/// <summary>Checks the arguments of <see cref="IRowQuantizeKernel"/> once, for every implementation.</summary>
internal static class RowQuantizeShape
{
    public static void Check(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels)
    {
        int previous = -1;
        for (int j = 0; j < preservedChannels.Length; j++)
        {
            int channel = preservedChannels[j];
            if (channel <= previous || channel >= row.Length)
            {
                throw new ArgumentException($"Preserved channel {j} is {channel} after {previous}; they must rise and stay below the {row.Length} columns.", nameof(preservedChannels));
            }

            previous = channel;
        }
    }

    public static void Check(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels, float scale, int qMax, Span<sbyte> codes, Span<float> preserved)
    {
        Check(row, preservedChannels);
        ArgumentOutOfRangeException.ThrowIfLessThan(qMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(qMax, sbyte.MaxValue);
        if (scale <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A scale must be positive (or NaN, which makes every code 0).");
        }

        if (codes.Length < row.Length)
        {
            throw new ArgumentException($"A row of {row.Length} columns needs at least {row.Length} codes, but there is room for {codes.Length}.", nameof(codes));
        }

        if (preserved.Length != preservedChannels.Length)
        {
            throw new ArgumentException($"{preservedChannels.Length} preserved channels need as many values, but there is room for {preserved.Length}.", nameof(preserved));
        }
    }
}

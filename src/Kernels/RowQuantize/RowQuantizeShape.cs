namespace OutlierQuant.Kernels.RowQuantize;

/// <summary>Checks the arguments of <see cref="IRowQuantizeKernel"/> once, for every implementation.</summary>
internal static class RowQuantizeShape
{
    public static void Check(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels) =>
        CheckChannels(preservedChannels, row.Length, nameof(preservedChannels));

    public static void CheckChannels(ReadOnlySpan<int> channels, int columns, string name)
    {
        int previous = -1;
        for (int j = 0; j < channels.Length; j++)
        {
            int channel = channels[j];
            if (channel <= previous || channel >= columns)
            {
                throw new ArgumentException($"Preserved channel {j} is {channel} after {previous}; they must rise and stay below the {columns} columns.", name);
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

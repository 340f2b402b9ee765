namespace OutlierQuant.Kernels.Devices;

/// <summary>Checks the arguments of <see cref="IDeviceProducts"/> once, for every backend.</summary>
internal static class DeviceProductShape
{
    public static void CheckAbsMax(DeviceBuffer source, int tokens, DeviceChannels leftOut, DeviceBuffer absMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        CheckFloats(source, tokens, leftOut.Columns, "columns", nameof(source));
        CheckFloats(absMax, tokens, 1, "value", nameof(absMax));
        CheckDistinct(source, absMax, nameof(absMax));
    }

    public static void CheckQuantize(DeviceBuffer source, int tokens, DeviceChannels preserved, int qMax, DeviceActivationCodes destination)
    {
        CheckTokens(tokens, destination.Tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(qMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(qMax, sbyte.MaxValue);
        if (preserved.Columns != destination.Columns || preserved.Count != destination.PreservedCount)
        {
            throw new ArgumentException(
                $"The destination has {destination.PreservedCount} preserved of {destination.Columns} columns, but the list has {preserved.Count} of {preserved.Columns}.", nameof(preserved));
        }

        CheckFloats(source, tokens, destination.Columns, "columns", nameof(source));
        CheckDistinct(source, destination.Preserved, nameof(destination));
        CheckDistinct(source, destination.Codes, nameof(destination));
    }

    public static void CheckMultiply(DeviceActivationCodes source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        CheckTokens(tokens, source.Tokens);
        if (source.Columns != weights.Columns || source.PreservedCount != weights.PreservedChannels.Count)
        {
            throw new ArgumentException(
                $"The weights have {weights.PreservedChannels.Count} preserved of {weights.Columns} columns, but the codes have {source.PreservedCount} of {source.Columns}.", nameof(source));
        }

        CheckOutput(tokens, weights.Rows, firstRow, rowCount, destination);
        CheckDistinct(source.Preserved, destination, nameof(destination));
    }

    public static void CheckMultiply(DeviceBuffer source, int tokens, int columns, int rows, int firstRow, int rowCount, DeviceBuffer destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        CheckFloats(source, tokens, columns, "columns", nameof(source));
        CheckOutput(tokens, rows, firstRow, rowCount, destination);
        CheckDistinct(source, destination, nameof(destination));
    }

    private static void CheckTokens(int tokens, int reserved)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (tokens > reserved)
        {
            throw new ArgumentOutOfRangeException(nameof(tokens), tokens, $"There are codes of {reserved} tokens.");
        }
    }

    private static void CheckOutput(int tokens, int rows, int firstRow, int rowCount, DeviceBuffer destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        if (rowCount > rows - firstRow)
        {
            throw new ArgumentOutOfRangeException(nameof(rowCount), rowCount, $"Rows {firstRow} to {(long)firstRow + rowCount - 1} are asked of a matrix of {rows} rows.");
        }

        CheckFloats(destination, tokens, rows, "rows", nameof(destination));
    }

    private static void CheckFloats(DeviceBuffer buffer, int tokens, int width, string what, string name)
    {
        long needed = (long)tokens * width * sizeof(float);
        if (buffer.ByteLength < needed)
        {
            throw new ArgumentException($"{tokens} tokens of {width} {what} need {needed} bytes, but {buffer.Purpose} has {buffer.ByteLength}.", name);
        }
    }

    private static void CheckDistinct(DeviceBuffer read, DeviceBuffer written, string name)
    {
        if (ReferenceEquals(read, written))
        {
            throw new ArgumentException($"The buffer for {written.Purpose} cannot be read and written by one call.", name);
        }
    }
}

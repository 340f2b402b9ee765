namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Checks the shapes of <see cref="ICodeProductKernel"/> once, for every implementation.</summary>
internal static class CodeProductShape
{
    public static void Check(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, ReadOnlySpan<float> destination)
    {
        CheckWeights(weights);
        int tokens = source.Scales.Length;
        int stride = WeightPacking.PaddedColumns(weights.Columns);
        if (source.Stride != stride)
        {
            throw new ArgumentException($"Activation codes of {weights.Columns} columns need a stride of {stride}, but it is {source.Stride}.", nameof(source));
        }

        if (source.Codes.Length != (long)tokens * stride)
        {
            throw WrongLength(source.Codes.Length, (long)tokens * stride, $"{tokens} tokens of stride {stride}", "activation codes", nameof(source));
        }

        if (source.Preserved.Length != (long)tokens * weights.PreservedChannels.Length)
        {
            throw WrongLength(source.Preserved.Length, (long)tokens * weights.PreservedChannels.Length, $"{tokens} tokens of {weights.PreservedChannels.Length} preserved channels", "preserved activations", nameof(source));
        }

        CheckOutput(tokens, weights, firstRow, rowCount, destination);
    }

    public static void Check(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, ReadOnlySpan<float> destination)
    {
        CheckWeights(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (source.Length != (long)tokens * weights.Columns)
        {
            throw WrongLength(source.Length, (long)tokens * weights.Columns, $"{tokens} tokens of {weights.Columns} columns", "activations", nameof(source));
        }

        CheckOutput(tokens, weights, firstRow, rowCount, destination);
    }

    public static void CheckWeights(PackedWeights weights)
    {
        if (weights.Rows < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(weights), weights.Rows, "A weight matrix cannot have a negative number of rows.");
        }

        if (weights.Columns is < 0 or > WeightPacking.MaxColumns)
        {
            throw new ArgumentOutOfRangeException(nameof(weights), weights.Columns, $"A weight matrix has 0 to {WeightPacking.MaxColumns} columns.");
        }

        if (weights.GroupSize <= 0 && !(weights.GroupSize == 0 && weights.Columns == 0))
        {
            throw new ArgumentOutOfRangeException(nameof(weights), weights.GroupSize, "A group has at least one column.");
        }

        if (weights.Codes.Length != (long)weights.Rows * WeightPacking.BytesPerRow(weights.Format, weights.Columns))
        {
            throw WrongLength(weights.Codes.Length, (long)weights.Rows * WeightPacking.BytesPerRow(weights.Format, weights.Columns), $"{weights.Rows} rows of {weights.Columns} {weights.Format} codes", "bytes", nameof(weights));
        }

        if (weights.Scales.Length != (long)weights.Rows * Groups(weights))
        {
            throw WrongLength(weights.Scales.Length, (long)weights.Rows * Groups(weights), $"{weights.Rows} rows of {weights.Columns} {weights.Format} codes in groups of {weights.GroupSize}", "scales", nameof(weights));
        }

        if (weights.PreservedColumns.Length != (long)weights.Rows * weights.PreservedChannels.Length)
        {
            throw WrongLength(weights.PreservedColumns.Length, (long)weights.Rows * weights.PreservedChannels.Length, $"{weights.Rows} rows of {weights.PreservedChannels.Length} preserved channels", "preserved weights", nameof(weights));
        }

        for (int j = 0; j < weights.PreservedChannels.Length; j++)
        {
            int channel = weights.PreservedChannels[j];
            if (channel < 0 || channel >= weights.Columns || (j > 0 && channel <= weights.PreservedChannels[j - 1]))
            {
                throw new ArgumentException($"Preserved channel {j} is {channel}, but preserved channels rise and lie in 0 to {weights.Columns - 1}.", nameof(weights));
            }
        }
    }

    /// <summary>Computes the scales of a row: the columns over the group size, rounded up.</summary>
    public static int Groups(PackedWeights weights) =>
        weights.Columns == 0 ? 0 : (int)(((long)weights.Columns + weights.GroupSize - 1) / weights.GroupSize);

    private static void CheckOutput(int tokens, PackedWeights weights, int firstRow, int rowCount, ReadOnlySpan<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        if (rowCount > weights.Rows - firstRow)
        {
            throw new ArgumentOutOfRangeException(nameof(rowCount), rowCount, $"Rows {firstRow} to {(long)firstRow + rowCount - 1} are asked of a matrix of {weights.Rows} rows.");
        }

        if (destination.Length != (long)tokens * weights.Rows)
        {
            throw WrongLength(destination.Length, (long)tokens * weights.Rows, $"{tokens} tokens of {weights.Rows} rows", "products", nameof(destination));
        }
    }

    // Made only once it is known to be needed: a product is checked for every range of its rows.
    private static ArgumentException WrongLength(int actual, long needed, string what, string elements, string name) =>
        new($"{what} need {needed} {elements}, but there are {actual}.", name);
}

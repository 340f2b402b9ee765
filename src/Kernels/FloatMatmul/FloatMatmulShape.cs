namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Checks the arguments of <see cref="IFloatMatmulKernel.Multiply"/> once, for every implementation.</summary>
internal static class FloatMatmulShape
{
    public static void Check(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        CheckWeights(weights);
        if (firstRow < 0 || firstRow > weights.Rows)
        {
            throw new ArgumentOutOfRangeException(nameof(firstRow), firstRow, $"The matrix has rows 0 to {weights.Rows - 1}.");
        }

        if (rowCount < 0 || rowCount > weights.Rows - firstRow)
        {
            throw new ArgumentOutOfRangeException(nameof(rowCount), rowCount, $"There are {weights.Rows - firstRow} rows from row {firstRow} on.");
        }

        if (source.Length != (long)tokens * weights.Columns)
        {
            throw new ArgumentException($"{tokens} tokens of {weights.Columns} columns are {(long)tokens * weights.Columns} values, but there are {source.Length}.", nameof(source));
        }

        if (destination.Length != (long)tokens * weights.Rows)
        {
            throw new ArgumentException($"{tokens} tokens of {weights.Rows} rows are {(long)tokens * weights.Rows} values, but there is room for {destination.Length}.", nameof(destination));
        }

        if (source.Overlaps(destination))
        {
            throw new ArgumentException("The products must not overlap the activations.", nameof(destination));
        }
    }
    public static void CheckWeights(FloatWeights weights)
    {
        if (weights.Rows < 0 || weights.Columns < 0)
        {
            throw new ArgumentException($"A weight matrix cannot have the shape [{weights.Rows}, {weights.Columns}].", nameof(weights));
        }

        int size = weights.Type switch
        {
            FloatType.F32 => sizeof(float),
            FloatType.F16 or FloatType.BF16 => sizeof(ushort),
            _ => throw new ArgumentException($"There is no float type {(int)weights.Type}.", nameof(weights)),
        };
        long bytes = (long)weights.Rows * weights.Columns * size;
        if (weights.Elements.Length != bytes)
        {
            throw new ArgumentException($"{weights.Type} weights of shape [{weights.Rows}, {weights.Columns}] take {bytes} bytes, but there are {weights.Elements.Length}.", nameof(weights));
        }
    }
}

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>The scalar definition of the products over packed codes. Written to be read; the others are tested against it.</summary>
public sealed class CodeProductReference : ICodeProductKernel
{
    /// <inheritdoc/>
    public int RowGranularity => 1;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(WeightFormat format, bool integerActivations, int tokens) => false;

    /// <inheritdoc/>
    public PreparedCodes? ReserveCodes(int tokens, PackedWeights weights) => null;

    /// <inheritdoc/>
    public string Describe(PackedWeights weights, bool integerActivations, int tokens) => CodeProductName.Of(weights.Format, integerActivations, "reference");

    /// <inheritdoc/>
    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodeProductShape.Check(source, weights, firstRow, rowCount, destination);
        int groups = CodeProductShape.Groups(weights);
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int preserved = weights.PreservedChannels.Length;
        for (int t = 0; t < source.Scales.Length; t++)
        {
            ReadOnlySpan<sbyte> token = source.Codes.Slice(t * source.Stride, weights.Columns);
            for (int r = firstRow; r < firstRow + rowCount; r++)
            {
                ReadOnlySpan<byte> row = weights.Codes.Slice(r * rowBytes, rowBytes);
                double sum = 0;
                for (int g = 0; g < groups; g++)
                {
                    int groupSum = 0;
                    for (int c = g * weights.GroupSize; c < GroupEnd(weights, g); c++)
                    {
                        groupSum += WeightPacking.CodeAt(weights.Format, row, c) * token[c];
                    }

                    sum += (double)weights.Scales[(r * groups) + g] * groupSum;
                }

                double side = SideProduct(weights.PreservedColumns.Slice(r * preserved, preserved), source.Preserved.Slice(t * preserved, preserved));
                destination[(t * weights.Rows) + r] = (float)((source.Scales[t] * sum) + side);
            }
        }
    }

    /// <inheritdoc/>
    public PreparedFloats? Reserve(int tokens, PackedWeights weights) => null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        CodeProductShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        int groups = CodeProductShape.Groups(weights);
        int rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);
        int preserved = weights.PreservedChannels.Length;
        for (int t = 0; t < tokens; t++)
        {
            ReadOnlySpan<float> token = source.Slice(t * weights.Columns, weights.Columns);
            for (int r = firstRow; r < firstRow + rowCount; r++)
            {
                ReadOnlySpan<byte> row = weights.Codes.Slice(r * rowBytes, rowBytes);
                double sum = 0;
                for (int g = 0; g < groups; g++)
                {
                    double groupSum = 0;
                    for (int c = g * weights.GroupSize; c < GroupEnd(weights, g); c++)
                    {
                        // A preserved channel has no part in this sum: not even an infinite one, which times code 0 would be NaN.
                        bool isPreserved = preserved > 0 && weights.PreservedChannels.BinarySearch(c) >= 0;
                        groupSum += isPreserved ? 0.0 : WeightPacking.CodeAt(weights.Format, row, c) * (double)token[c];
                    }

                    sum += weights.Scales[(r * groups) + g] * groupSum;
                }

                for (int j = 0; j < preserved; j++)
                {
                    sum += (double)weights.PreservedColumns[(r * preserved) + j] * token[weights.PreservedChannels[j]];
                }

                destination[(t * weights.Rows) + r] = (float)sum;
            }
        }
    }

    // The last group of a row may be shorter.
    private static int GroupEnd(PackedWeights weights, int group) =>
        (int)Math.Min(weights.Columns, (group + 1L) * weights.GroupSize);

    private static double SideProduct(ReadOnlySpan<float> row, ReadOnlySpan<float> token)
    {
        double sum = 0;
        for (int j = 0; j < row.Length; j++)
        {
            sum += (double)row[j] * token[j];
        }

        return sum;
    }
}

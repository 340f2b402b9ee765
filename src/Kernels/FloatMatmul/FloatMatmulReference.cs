using System.Buffers.Binary;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The scalar definition of the product with float weights. Written to be read; the others are tested against it.</summary>
/// <remarks>A product of two binary32 values is exact in binary64, so only the sum rounds.</remarks>
public sealed class FloatMatmulReference : IFloatMatmulKernel
{
    /// <inheritdoc/>
    public int RowGranularity => 1;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(FloatType type, int tokens) => false;

    /// <inheritdoc/>
    public string Describe(FloatType type, int tokens) => FloatMatmulName.Of(type, "reference");

    /// <inheritdoc/>
    public PreparedFloats? Reserve(FloatType type, int tokens, int columns) => null;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        FloatMatmulShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        for (int t = 0; t < tokens; t++)
        {
            for (int r = firstRow; r < firstRow + rowCount; r++)
            {
                double sum = 0;
                for (int c = 0; c < weights.Columns; c++)
                {
                    sum += (double)source[t * weights.Columns + c] * Weight(weights, r, c);
                }

                destination[t * weights.Rows + r] = (float)sum;
            }
        }
    }

    private static float Weight(FloatWeights weights, int row, int column)
    {
        int index = weights.IsTransposed ? column * weights.Rows + row : row * weights.Columns + column;
        return weights.Type switch
        {
            FloatType.F32 => BinaryPrimitives.ReadSingleLittleEndian(weights.Elements[(4 * index)..]),
            FloatType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(weights.Elements[(2 * index)..]),
            _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(weights.Elements[(2 * index)..]) << 16),
        };
    }
}

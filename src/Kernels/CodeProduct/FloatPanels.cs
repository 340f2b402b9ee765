using System.Buffers;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Float activations times packed weights for many tokens, and for any group size: turns a panel of rows into floats and multiplies by it.</summary>
/// <remarks>A panel holds code · scale, and the float weights themselves at preserved channels, so the product over it is the whole answer.</remarks>
/// <param name="name">The name that tables show.</param>
/// <param name="matmul">Multiplies by the panels.</param>
internal sealed class FloatPanels(string name, IFloatMatmulKernel matmul) : IFloatRoute
{
    // Of 4096 columns this takes 512 KiB, half of a second-level cache.
    private const int PanelRows = 32;

    public string Name => name;

    public int MostTokens(PackedWeights weights) => int.MaxValue;

    // Preserved channels are columns of floats like the others.
    public PreparedFloats? Reserve(int tokens, PackedWeights weights) => matmul.Reserve(FloatType.F32, tokens, weights.Columns);

    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared)
    {
        using PreparedFloats? own = prepared is null ? Reserve(tokens, weights) : null;
        own?.Fill(source, 0, own.Pieces);
        float[] panel = ArrayPool<float>.Shared.Rent(PanelRows * weights.Columns);
        float[] products = ArrayPool<float>.Shared.Rent(PanelRows * tokens);
        for (int r = firstRow; r < firstRow + rowCount; r += PanelRows)
        {
            int rows = Math.Min(PanelRows, firstRow + rowCount - r);
            Span<float> elements = panel.AsSpan(0, rows * weights.Columns);
            for (int i = 0; i < rows; i++)
            {
                Dequantization.Row(weights, r + i, elements.Slice(i * weights.Columns, weights.Columns));
            }

            matmul.Multiply(source, tokens, FloatWeights.OfFloats(elements, rows, weights.Columns), 0, rows, products.AsSpan(0, tokens * rows), prepared ?? own);
            for (int t = 0; t < tokens; t++)
            {
                products.AsSpan(t * rows, rows).CopyTo(destination[((t * weights.Rows) + r)..]);
            }
        }

        ArrayPool<float>.Shared.Return(products);
        ArrayPool<float>.Shared.Return(panel);
    }
}

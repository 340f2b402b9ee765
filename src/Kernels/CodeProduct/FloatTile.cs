using System.Buffers;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Float activations times packed weights in tiles of 4 rows by 2 tokens, for many tokens and for any group size.</summary>
/// <remarks>
/// <para>A panel of rows is turned into floats (code · scale, and the float weights at preserved channels) 512 columns at a time, so that the
/// panel and the tokens beside it stay in cache. Each element's part of a panel is added to the destination.</para>
/// <para>An element is summed in the same order in a tile and at its edges, where it is computed alone.</para>
/// </remarks>
internal sealed class FloatTile<TStep, TFloats> : IFloatRoute
    where TStep : struct, IFloatStep<TFloats>
    where TFloats : struct
{
    private const int TileRows = 4;
    private const int TileTokens = 2;
    private const int PanelRows = 16;
    private const int PanelColumns = 512;

    public string Name => TStep.Name;

    public bool Fits(PackedWeights weights) => true;

    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        for (int t = 0; t < tokens; t++)
        {
            destination.Slice((t * weights.Rows) + firstRow, rowCount).Clear();
        }

        float[] scratch = ArrayPool<float>.Shared.Rent(PanelRows * PanelColumns);
        for (int r = firstRow; r < firstRow + rowCount; r += PanelRows)
        {
            int rows = Math.Min(PanelRows, firstRow + rowCount - r);
            for (int c = 0; c < weights.Columns; c += PanelColumns)
            {
                int columns = Math.Min(PanelColumns, weights.Columns - c);
                for (int i = 0; i < rows; i++)
                {
                    Dequantization.Row(weights, r + i, c, columns, scratch.AsSpan(i * PanelColumns, PanelColumns));
                }

                AddPanel(source, tokens, weights, scratch, r, rows, c, columns, destination);
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    private static void AddPanel(
        ReadOnlySpan<float> source, int tokens, PackedWeights weights, ReadOnlySpan<float> panel, int firstRow, int rows, int firstColumn, int columns, Span<float> destination)
    {
        for (int t = 0; t < tokens; t += TileTokens)
        {
            // The last token of an odd number stands in for its missing neighbour too.
            int neighbour = Math.Min(t + 1, tokens - 1);
            ReadOnlySpan<float> token0 = source.Slice((t * weights.Columns) + firstColumn, columns);
            ReadOnlySpan<float> token1 = source.Slice((neighbour * weights.Columns) + firstColumn, columns);
            Span<float> destination0 = destination.Slice((t * weights.Rows) + firstRow, rows);
            Span<float> destination1 = destination.Slice((neighbour * weights.Rows) + firstRow, rows);
            int r = 0;
            for (; r + TileRows <= rows && neighbour > t; r += TileRows)
            {
                AddTile(panel[(r * PanelColumns)..], token0, token1, destination0.Slice(r, TileRows), destination1.Slice(r, TileRows));
            }

            for (; r < rows; r++)
            {
                destination0[r] += One(panel.Slice(r * PanelColumns, PanelColumns), token0);
                if (neighbour > t)
                {
                    destination1[r] += One(panel.Slice(r * PanelColumns, PanelColumns), token1);
                }
            }
        }
    }

    /// <summary>Adds 4 rows by 2 tokens. <c>sum21</c> is row 2, token 1.</summary>
    private static void AddTile(ReadOnlySpan<float> panel, ReadOnlySpan<float> token0, ReadOnlySpan<float> token1, Span<float> destination0, Span<float> destination1)
    {
        const nuint Row1 = PanelColumns, Row2 = 2 * PanelColumns, Row3 = 3 * PanelColumns;
        ref readonly float weights = ref MemoryMarshal.GetReference(panel);
        ref readonly float start0 = ref MemoryMarshal.GetReference(token0);
        ref readonly float start1 = ref MemoryMarshal.GetReference(token1);
        TFloats sum00 = default, sum10 = default, sum20 = default, sum30 = default, sum01 = default, sum11 = default, sum21 = default, sum31 = default;
        nuint c = 0;
        for (; c + (nuint)TStep.Width <= (nuint)token0.Length; c += (nuint)TStep.Width)
        {
            TFloats activations0 = TStep.Load(in start0, c), activations1 = TStep.Load(in start1, c);
            TFloats weight = TStep.Load(in weights, c);
            (sum00, sum01) = (TStep.MultiplyAdd(weight, activations0, sum00), TStep.MultiplyAdd(weight, activations1, sum01));
            weight = TStep.Load(in weights, Row1 + c);
            (sum10, sum11) = (TStep.MultiplyAdd(weight, activations0, sum10), TStep.MultiplyAdd(weight, activations1, sum11));
            weight = TStep.Load(in weights, Row2 + c);
            (sum20, sum21) = (TStep.MultiplyAdd(weight, activations0, sum20), TStep.MultiplyAdd(weight, activations1, sum21));
            weight = TStep.Load(in weights, Row3 + c);
            (sum30, sum31) = (TStep.MultiplyAdd(weight, activations0, sum30), TStep.MultiplyAdd(weight, activations1, sum31));
        }

        ReadOnlySpan<float> tail0 = token0[(int)c..], tail1 = token1[(int)c..];
        ReadOnlySpan<float> row0 = panel[(int)c..], row1 = panel[(int)(Row1 + c)..], row2 = panel[(int)(Row2 + c)..], row3 = panel[(int)(Row3 + c)..];
        (destination0[0], destination1[0]) = (destination0[0] + Finish(sum00, row0, tail0), destination1[0] + Finish(sum01, row0, tail1));
        (destination0[1], destination1[1]) = (destination0[1] + Finish(sum10, row1, tail0), destination1[1] + Finish(sum11, row1, tail1));
        (destination0[2], destination1[2]) = (destination0[2] + Finish(sum20, row2, tail0), destination1[2] + Finish(sum21, row2, tail1));
        (destination0[3], destination1[3]) = (destination0[3] + Finish(sum30, row3, tail0), destination1[3] + Finish(sum31, row3, tail1));
    }

    /// <summary>Computes one row and token in the order of the tile.</summary>
    private static float One(ReadOnlySpan<float> row, ReadOnlySpan<float> token)
    {
        ref readonly float weights = ref MemoryMarshal.GetReference(row);
        ref readonly float start = ref MemoryMarshal.GetReference(token);
        TFloats sum = default;
        nuint c = 0;
        for (; c + (nuint)TStep.Width <= (nuint)token.Length; c += (nuint)TStep.Width)
        {
            sum = TStep.MultiplyAdd(TStep.Load(in weights, c), TStep.Load(in start, c), sum);
        }

        return Finish(sum, row[(int)c..], token[(int)c..]);
    }

    /// <summary>Adds the lanes, and the columns that do not fill a vector.</summary>
    private static float Finish(TFloats sum, ReadOnlySpan<float> row, ReadOnlySpan<float> token)
    {
        float tail = 0;
        for (int c = 0; c < token.Length; c++)
        {
            tail += row[c] * token[c];
        }

        return TStep.Sum(sum) + tail;
    }
}

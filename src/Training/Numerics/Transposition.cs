using OutlierQuant.Models;

namespace OutlierQuant.Training.Numerics;

/// <summary>Copies matrices with rows and columns exchanged.</summary>
internal static class Transposition
{
    // A square of 16 × 16 floats reads and writes whole cache lines.
    private const int Square = 16;

    /// <summary>Computes <c>destination[c, r] = source[r, c]</c>, shared out over the threads.</summary>
    public static void Copy(ComputeContext context, ReadOnlyMemory<float> source, int rows, int columns, Memory<float> destination) =>
        context.Team.Run((rows + Square - 1) / Square, 4, (first, count) =>
            Copy(source.Span, rows, columns, first * Square, Math.Min(count * Square, rows - (first * Square)), destination.Span));

    /// <summary>Computes <c>destination[c, r] = source[r, c]</c>.</summary>
    public static void Copy(ReadOnlySpan<float> source, int rows, int columns, Span<float> destination) => Copy(source, rows, columns, 0, rows, destination);

    /// <summary>Computes <c>destination[c, r] += source[r, c]</c>, shared out over the threads.</summary>
    public static void Add(ComputeContext context, ReadOnlyMemory<float> source, int rows, int columns, Memory<float> destination) =>
        context.Team.Run((columns + Square - 1) / Square, 4, (first, count) =>
        {
            ReadOnlySpan<float> from = source.Span;
            Span<float> to = destination.Span;
            int end = Math.Min((first + count) * Square, columns);
            for (int column = first * Square; column < end; column += Square)
            {
                for (int row = 0; row < rows; row += Square)
                {
                    AddSquare(from, rows, columns, row, Math.Min(row + Square, rows), column, Math.Min(column + Square, end), to);
                }
            }
        });

    private static void AddSquare(ReadOnlySpan<float> source, int rows, int columns, int firstRow, int endRow, int firstColumn, int endColumn, Span<float> destination)
    {
        for (int column = firstColumn; column < endColumn; column++)
        {
            Span<float> to = destination.Slice((column * rows) + firstRow, endRow - firstRow);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] += source[((firstRow + i) * columns) + column];
            }
        }
    }

    private static void Copy(ReadOnlySpan<float> source, int rows, int columns, int firstRow, int rowCount, Span<float> destination)
    {
        int endRow = firstRow + rowCount;
        for (int row = firstRow; row < endRow; row += Square)
        {
            int height = Math.Min(Square, endRow - row);
            for (int column = 0; column < columns; column += Square)
            {
                CopySquare(source, rows, columns, row, height, column, Math.Min(Square, columns - column), destination);
            }
        }
    }

    private static void CopySquare(ReadOnlySpan<float> source, int rows, int columns, int row, int height, int column, int width, Span<float> destination)
    {
        for (int c = column; c < column + width; c++)
        {
            Span<float> to = destination.Slice((c * rows) + row, height);
            int from = (row * columns) + c;
            for (int r = 0; r < to.Length; r++, from += columns)
            {
                to[r] = source[from];
            }
        }
    }
}

using System.Globalization;

namespace OutlierQuant.Cli.Terminal;

/// <summary>A scatter plot of characters, with the diagonal on which both numbers are equal.</summary>
internal static class TextScatter
{
    private const int Columns = 60;
    private const int Rows = 18;

    /// <summary>Draws points on equal axes.</summary>
    /// <param name="horizontal">What the horizontal axis is.</param>
    /// <param name="vertical">What the vertical axis is.</param>
    /// <param name="points">The points, each with the character that stands for it; of several in one place the last is seen.</param>
    /// <returns>The lines, from the top; none without points.</returns>
    public static IReadOnlyList<string> Draw(string horizontal, string vertical, IReadOnlyList<(double X, double Y, char Mark)> points)
    {
        if (points.Count == 0)
        {
            return [];
        }

        double low = points.Min(point => Math.Min(point.X, point.Y));
        double high = points.Max(point => Math.Max(point.X, point.Y));
        double span = high > low ? high - low : 1;
        char[][] cells = [.. Enumerable.Range(0, Rows).Select(_ => new string(' ', Columns).ToCharArray())];
        for (int column = 0; column < Columns; column++)
        {
            cells[Rows - 1 - (int)Math.Round((Rows - 1) * column / (Columns - 1.0))][column] = '·';
        }

        foreach ((double x, double y, char mark) in points)
        {
            cells[Rows - 1 - (int)Math.Round((Rows - 1) * (y - low) / span)][(int)Math.Round((Columns - 1) * (x - low) / span)] = mark;
        }

        string top = Label(high);
        string bottom = Label(low);
        int width = Math.Max(top.Length, bottom.Length);
        return
        [
            $"{new string(' ', width)} {vertical}",
            .. cells.Select((row, index) => $"{(index == 0 ? top : index == Rows - 1 ? bottom : "").PadLeft(width)} │{new string(row).TrimEnd()}"),
            $"{new string(' ', width)} └{new string('─', Columns)}",
            $"{new string(' ', width)}  {bottom}{top.PadLeft(Columns - bottom.Length)}  {horizontal}",
        ];

        static string Label(double value) => value.ToString("F0", CultureInfo.InvariantCulture);
    }
}

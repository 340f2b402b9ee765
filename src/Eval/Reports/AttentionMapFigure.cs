using System.Globalization;
using System.Text;
using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws attention maps in rows: queries downwards, keys to the right. Cells of one shade are one path, so that a page with many maps stays small.</summary>
internal static class AttentionMapFigure
{
    private const int Shades = 20;
    private const double Width = 860;
    private const double Left = 90;
    private const double Top = 34;
    private const double Gap = 34;

    /// <summary>Draws maps side by side in one row for each of some names.</summary>
    /// <param name="page">Where to.</param>
    /// <param name="id">Id of the figure.</param>
    /// <param name="title">Title for those who do not see it.</param>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">Name and maps of each row; null leaves a place empty.</param>
    /// <param name="low">What the darkest shade stands for.</param>
    /// <param name="high">What the lightest shade stands for.</param>
    public static void Draw(Markup page, string id, string title, IReadOnlyList<string> columns, IReadOnlyList<(string Name, IReadOnlyList<LowerTriangle?> Maps)> rows, double low, double high)
    {
        var side = Math.Min(230, ((Width - Left) / columns.Count) - 20);
        var bottom = Top + (rows.Count * (side + Gap)) - Gap;
        page.Line($"<svg viewBox=\"0 0 {Width} {bottom + 34:0.#}\" role=\"img\" aria-labelledby=\"{id}-title {id}-description\">");
        page.Line($"<title id=\"{id}-title\">{title}</title>");
        page.Line($"<desc id=\"{id}-description\">Queries run downwards, keys to the right; the lighter, the more. {string.Join(". ", rows.Select(row => Describe(row, columns)))}.</desc>");
        for (var column = 0; column < columns.Count; column++)
        {
            page.Line($"<text class=\"label\" x=\"{X(column, side):0.#}\" y=\"{18}\">{columns[column]}</text>");
        }

        for (var row = 0; row < rows.Count; row++)
        {
            var y = Top + (row * (side + Gap));
            page.Line($"<text class=\"group end\" x=\"{Left - 10}\" y=\"{y + 12:0.#}\">{rows[row].Name}</text>");
            for (var column = 0; column < columns.Count; column++)
            {
                if (rows[row].Maps[column] is { } map)
                {
                    DrawMap(page, map, X(column, side), y, side, low, high);
                }
            }
        }

        DrawLegend(page, bottom + 14, low, high);
        page.Line($"</svg>");
    }

    private static double X(int column, double side) => Left + (column * (side + 20));

    private static void DrawMap(Markup page, LowerTriangle map, double x, double y, double side, double low, double high)
    {
        var cell = side / map.Rows.Count;
        var paths = new StringBuilder[Shades];
        for (var query = 0; query < map.Rows.Count; query++)
        {
            for (var key = 0; key <= query; key++)
            {
                var share = (map.Rows[query][key] - low) / (high - low);
                var path = paths[Math.Clamp((int)(share * Shades), 0, Shades - 1)] ??= new StringBuilder();
                path.Append(CultureInfo.InvariantCulture, $"M{x + (key * cell):0.#} {y + (query * cell):0.#}h{cell:0.#}v{cell:0.#}h-{cell:0.#}z");
            }
        }

        page.Line($"<rect class=\"frame\" x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{side:0.#}\" height=\"{side:0.#}\"/>");
        for (var shade = 0; shade < Shades; shade++)
        {
            if (paths[shade] is { } path)
            {
                page.Line($"<path fill=\"{ColourRamp.At((shade + 0.5) / Shades)}\" d=\"{path.ToString()}\"/>");
            }
        }
    }

    private static void DrawLegend(Markup page, double y, double low, double high)
    {
        for (var shade = 0; shade < Shades; shade++)
        {
            page.Line($"<rect x=\"{Left + (shade * 8)}\" y=\"{y:0.#}\" width=\"8.3\" height=\"10\" fill=\"{ColourRamp.At((shade + 0.5) / Shades)}\"/>");
        }

        page.Line($"<text class=\"tick end\" x=\"{Left - 6}\" y=\"{y + 9:0.#}\">{NumberText.Tick(low)}</text>");
        page.Line($"<text class=\"tick\" x=\"{Left + (Shades * 8) + 6}\" y=\"{y + 9:0.#}\">{NumberText.Tick(high)}</text>");
    }

    private static string Describe((string Name, IReadOnlyList<LowerTriangle?> Maps) row, IReadOnlyList<string> columns) =>
        $"{row.Name}: " + string.Join(", ", columns.Zip(row.Maps, (name, map) => map is null ? $"{name} is missing" : $"{name}: the first key has {NumberText.Short(map.Rows.Average(query => query[0]))} on average"));
}

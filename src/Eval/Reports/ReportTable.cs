namespace OutlierQuant.Eval.Reports;

/// <summary>Writes a table whose first columns are names and whose others are numbers.</summary>
internal static class ReportTable
{
    /// <summary>Writes a table.</summary>
    /// <param name="page">Where to.</param>
    /// <param name="names">How many columns hold names; they are aligned left.</param>
    /// <param name="headers">Texts, or <see cref="Term"/>s that link to definitions.</param>
    /// <param name="rows">Cells, as many as headers; null leaves one empty.</param>
    public static void Draw(Markup page, int names, IReadOnlyList<object> headers, IEnumerable<IReadOnlyList<string?>> rows)
    {
        page.Line($"<div class=\"scroll\"><table><thead><tr>");
        for (var column = 0; column < headers.Count; column++)
        {
            page.Line($"<th class=\"{ClassOf(column, names)}\">{headers[column]}</th>");
        }

        page.Line($"</tr></thead><tbody>");
        foreach (var row in rows)
        {
            page.Line($"<tr>");
            for (var column = 0; column < headers.Count; column++)
            {
                page.Line($"<td class=\"{ClassOf(column, names)}\">{row[column] ?? ""}</td>");
            }

            page.Line($"</tr>");
        }

        page.Line($"</tbody></table></div>");
    }

    private static string ClassOf(int column, int names) => column < names ? "name-cell" : "n";
}

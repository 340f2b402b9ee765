using System.Globalization;
using Spectre.Console;

namespace OutlierQuant.Cli.Terminal;

/// <summary>Makes tables of plain text: numbers to the right, nothing interpreted as markup.</summary>
internal static class Tables
{
    /// <summary>Writes a share as a percentage.</summary>
    public static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";

    /// <summary>Makes a table; a header that starts with <c>&lt;</c> is aligned to the left, all others to the right.</summary>
    public static Table Create(params ReadOnlySpan<string> headers)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string header in headers)
        {
            bool left = header.StartsWith('<');
            TableColumn column = new(Markup.Escape(left ? header[1..] : header));
            column.NoWrap = true;
            table.AddColumn(left ? column.LeftAligned() : column.RightAligned());
        }

        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static void AddRow(Table table, params ReadOnlySpan<string> cells)
    {
        List<Markup> row = [];
        foreach (string cell in cells)
        {
            row.Add(new Markup(Markup.Escape(cell)));
        }

        table.AddRow(row);
    }

    /// <summary>Writes a count with separators.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Writes a size in the largest binary unit that leaves at least one whole.</summary>
    public static string Bytes(long value)
    {
        ReadOnlySpan<string> units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        double size = value;
        int unit = 0;
        for (; size >= 1024 && unit < units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.##} {units[unit]}");
    }
}

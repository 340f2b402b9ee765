using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Models;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints where the time of forward passes went, as <c>--timing</c> asks.</summary>
internal static class TimingTable
{
    /// <summary>Prints one table.</summary>
    /// <param name="title">What was computed.</param>
    /// <param name="report">The times.</param>
    /// <param name="console">Receives the table.</param>
    public static void Show(string title, TimingReport report, UserConsole console)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        Table table = Tables.Create($"<{title}", "milliseconds", "share");
        foreach (PartTime part in report.Parts)
        {
            Tables.AddRow(table, part.Part, Milliseconds(part.Seconds), part.Share.ToString("P1", culture));
        }

        Tables.AddRow(table, "all", Milliseconds(report.Seconds), 1.0.ToString("P1", culture));
        console.Write(table);
        console.Output.WriteLine(string.Create(
            culture, $"{Tables.Count(report.Tokens)} tokens, {report.TokensPerSecond:N1} tokens/s; products with weights take {report.ProductShare:P1}."));

        string Milliseconds(double seconds) => (1000 * seconds).ToString("N1", culture);
    }
}

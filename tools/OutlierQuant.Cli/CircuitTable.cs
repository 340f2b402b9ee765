using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Circuits;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints what is left of an attention sink without each part, in words and as a table.</summary>
internal static class CircuitTable
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints everything.</summary>
    public static void Show(CircuitResult result, UserConsole console)
    {
        console.Output.WriteLine(string.Create(Culture, $"Attention to position 0 in {result.Model} on {result.Source}: {result.Windows} of {result.WindowsInText} windows of {result.Context} tokens, {(result.Bos ? "with" : "without")} BOS"));
        foreach (string sentence in result.Verdict)
        {
            console.Output.WriteLine(sentence);
        }

        Table table = Tables.Create("<without", "<", "attention to position 0", "left", "95 % interval");
        Tables.AddRow(table, "nothing", "", Tables.Percent(result.Attention), Tables.Percent(1), "");
        foreach (SinkPartArm arm in result.Arms)
        {
            Tables.AddRow(
                table,
                CircuitVerdict.Name(arm.Part, result.Channels),
                arm.IsControl ? "control" : "",
                Tables.Percent(arm.Attention),
                Tables.Percent(arm.Left),
                arm.LeftCi95 is { } interval ? $"{Tables.Percent(interval.Low)} … {Tables.Percent(interval.High)}" : "");
        }

        console.Write(table);
        console.Output.WriteLine($"Mean over heads, windows and the queries behind position 0; attention to all keys alike would give it {Tables.Percent(result.EvenAttention)} (Ran-Milo et al., arXiv:2604.14722).");
        if (result.Arms.Any(arm => arm.Part == SinkPart.FirstPosition))
        {
            console.Output.WriteLine(string.Create(Culture, $"Position 0 changes with {result.OtherPosition}, the controls change {result.OtherPosition} with {result.OtherPosition + 1}."));
        }
    }
}

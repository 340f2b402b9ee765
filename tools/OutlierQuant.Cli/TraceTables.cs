using System.Globalization;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval.Tracing;
using Spectre.Console;

namespace OutlierQuant.Cli;

/// <summary>Prints a trace: block by block, then what follows from the spike, then words.</summary>
internal static class TraceTables
{
    private const int HeadsShown = 3;
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Prints a result.</summary>
    public static void Show(TraceResult result, UserConsole console)
    {
        ShowDowns(result, console);
        if (result.Spike is { } spike)
        {
            ShowPath(result, spike, console);
            ShowAttention(result, console);
            ShowErrors(result, console);
            ShowControls(result, console);
        }

        foreach (string sentence in result.Verdict)
        {
            console.Output.WriteLine(sentence);
        }
    }

    private static void ShowDowns(TraceResult result, UserConsole console)
    {
        console.Output.WriteLine("Largest input and output of every down projection, and of every block");
        Table table = Tables.Create("block", "input", "neuron", "<token", "output", "channel", "<token", "block output", "channel", "<token", "× median");
        foreach (DownExtremes block in result.Downs)
        {
            Tables.AddRow(
                table,
                Whole(block.Block),
                Number(block.Input, "F1"),
                Whole(block.InputChannel),
                block.InputToken,
                Number(block.Output, "F1"),
                Whole(block.OutputChannel),
                block.OutputToken,
                Number(block.Residual, "F1"),
                Whole(block.ResidualChannel),
                block.ResidualToken,
                Number(block.ResidualRatio, "F1"));
        }

        console.Write(table);
    }

    private static void ShowPath(TraceResult result, Spike spike, UserConsole console)
    {
        string others = spike.OtherChannels.Count == 0 ? "" : $"; beside it at such tokens: {string.Join(", ", spike.OtherChannels)}";
        console.Output.WriteLine($"Channel {spike.Channel} at {spike.Token} (window {spike.Window}, position {spike.Position}){others}");
        Table table = Tables.Create("block", "before", "attention adds", "MLP adds", "after", "of peak", "neuron", "its input", "weight", "adds", "of the block's");
        foreach (BlockStep step in result.Path)
        {
            Tables.AddRow(
                table,
                Whole(step.Block),
                Number(step.Before, "F1"),
                Number(step.Attention, "F1"),
                Number(step.Mlp, "F1"),
                Number(step.After, "F1"),
                Number(step.After / result.Shape!.Peak, "P0"),
                Whole(step.Neuron) + (step.IsLargestInput ? "*" : ""),
                Number(step.NeuronInput, "F1"),
                Number(step.Weight, "F3"),
                Number(step.Contribution, "F1"),
                Number(step.ContributionShare, "P0"));
        }

        console.Write(table);
        console.Output.WriteLine("*: the token's largest input of the down projection.");
        console.Output.WriteLine($"Tokens that hold it after block {result.Shape!.FirstBlock}: {string.Join(", ", result.Tokens.Select(token => $"{token.Token} ({NameOf(token.TokenClass)}, {token.Count})"))}");
        console.Output.WriteLine();
    }

    private static void ShowAttention(TraceResult result, UserConsole console)
    {
        if (result.Attention.Count == 0)
        {
            return;
        }

        console.Output.WriteLine("Attention on those tokens");
        Table table = Tables.Create("block", "mean of heads", "heads ≥ 30 %", "<largest heads");
        foreach (AttendingBlock block in result.Attention)
        {
            Tables.AddRow(
                table,
                Whole(block.Block),
                Number(block.Share, "P1"),
                $"{block.HeadsAbove} of {block.Heads.Count}",
                string.Join(", ", block.Heads.Select((share, head) => (share, head)).OrderByDescending(entry => entry.share).Take(HeadsShown).Select(entry => string.Create(Culture, $"{entry.head}: {entry.share:P1}"))));
        }

        console.Write(table);
    }

    private static void ShowErrors(TraceResult result, UserConsole console)
    {
        console.Output.WriteLine("What rounding costs the other tokens (signal-to-quantization-noise ratio), with the element rounded and kept in float");
        Table table = Tables.Create("<element", "<rounded", "<measured in", "bits", "rounded dB", "kept dB", "share of the error");
        foreach (ElementError error in result.Errors)
        {
            Tables.AddRow(
                table, error.Element, error.Rounded, error.Compared, Whole(error.Bits), Number(error.Sqnr, "F1"), Number(error.SqnrKept, "F1"), Number(error.ErrorShare, "P1"));
        }

        console.Write(table);
    }

    private static void ShowControls(TraceResult result, UserConsole console)
    {
        if (result.Controls.Count == 0)
        {
            return;
        }

        console.Output.WriteLine($"Changed weights of {(result.SuperWeights.Count > 0 ? result.SuperWeights[0].Linear : $"block {result.Shape!.WriterBlock}'s down projection")}");
        Table table = Tables.Create("<change", "row", "column", "weight", "perplexity", "Δnll ± 95 %");
        Tables.AddRow(table, "untouched", "", "", "", Number(result.Baseline!.Perplexity, "F3"), "");
        foreach (WeightControl control in result.Controls)
        {
            Tables.AddRow(
                table,
                NameOf(control.Change),
                control.Row is { } row ? Whole(row) : "all",
                Whole(control.Column),
                Number(control.Weight, "F3"),
                Number(control.Score.Perplexity, control.Score.Perplexity < 1000 ? "F3" : "F0"),
                ResultTables.Difference(control.Score.DeltaNll, control.Score.DeltaNllCi95));
        }

        console.Write(table);
    }

    private static string NameOf(WeightChange change) => change switch
    {
        WeightChange.ZeroWeight => "the weight to zero",
        WeightChange.MeanWeight => "the weight to zero, its mean contribution back",
        WeightChange.ZeroNeuron => "the neuron's column to zero",
        WeightChange.MeanNeuron => "the neuron's column to zero, its mean contribution back",
        WeightChange.ZeroRandomWeight => "control: a random weight of like magnitude to zero",
        _ => change.ToString(),
    };

    private static string NameOf(TokenClass tokenClass) => tokenClass.ToString().ToLowerInvariant();

    private static string Whole(int value) => value.ToString(Culture);

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format, Culture) : "–";
}

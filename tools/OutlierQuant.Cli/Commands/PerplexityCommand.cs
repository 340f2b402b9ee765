using System.CommandLine;
using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>perplexity</c>: how well a model predicts a text, full-precision or quantized.</summary>
internal static class PerplexityCommand
{
    private static readonly Option<string> Protocol = SharedOptions.OneOf("--protocol", "How the text is cut into windows and which tokens are scored; figures of different protocols are not comparable.", ProtocolName.Of(PerplexityProtocol.Windows), ProtocolName.All);
    private static readonly Option<int?> Stride = SharedOptions.PositiveOrNull("--stride", "Tokens from one window's start to the next, for --protocol strided. Default: half of the context.");
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "score", null);

    public static Command Create(UserConsole console)
    {
        Command command = new("perplexity", "Measures the perplexity of a model on a text.\n\nExample:\n  outlierquant perplexity MODEL --text wiki.test.raw --context 2048")
        {
            SharedOptions.Model, SharedOptions.RequiredText, SharedOptions.Context, Protocol, Stride, SharedOptions.NoBos, Windows, SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Timing, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        PerplexityProtocol protocol = ProtocolName.Parse(arguments.GetRequiredValue(Protocol));
        if (arguments.GetValue(Stride) is not null && protocol != PerplexityProtocol.Strided)
        {
            throw new UsageException("--stride is for --protocol strided only.");
        }

        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        using Session session = Session.Open(arguments);
        using ProgressDisplay progress = new(console);
        PerplexityResult result = PerplexityEvaluator.Run(session.Model, session.Tokenizer, text, path, new PerplexityOptions
        {
            Protocol = protocol,
            Context = session.ContextOf(arguments),
            Bos = session.BosOf(arguments),
            Stride = arguments.GetValue(Stride),
            MaxWindows = arguments.GetValue(Windows).Count,
            Progress = progress.ForwardPass("scoring"),
            Cancellation = cancellation,
        });
        progress.Dispose();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.PerplexityResult);
            return 0;
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        Table table = Tables.Create("<", "<");
        table.ShowHeaders = false;
        Tables.AddRow(table, "perplexity", string.Create(culture, $"{result.Perplexity:F4}"));
        Tables.AddRow(table, "mean negative log-likelihood", string.Create(culture, $"{result.MeanNll:F5} nats per token") + (result.StandardError is { } error ? string.Create(culture, $", standard error {error:F5}") : ""));
        Tables.AddRow(table, "bits per byte", string.Create(culture, $"{result.BitsPerByte:F4}"));
        Tables.AddRow(table, "protocol", $"{arguments.GetValue(Protocol)}, context {result.Context}, {(result.Bos ? "with" : "without")} BOS");
        Tables.AddRow(table, "scored", $"{Tables.Count(result.TokensScored)} tokens in {result.WindowsScored} of {result.WindowsInText} windows");
        Tables.AddRow(table, "speed", $"{Tables.Count((long)result.TokensPerSecond)} tokens/s");
        Tables.AddRow(table, "peak memory above the mapped file", Tables.Bytes(result.PeakMemoryBytes));
        Tables.AddRow(table, "kernels", string.Join("; ", result.Kernels));
        console.Write(table);
        if (result.Timing is { } timing)
        {
            TimingTable.Show("scoring", timing, console);
        }

        return 0;
    }
}

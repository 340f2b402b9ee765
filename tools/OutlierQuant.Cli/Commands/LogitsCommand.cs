using System.CommandLine;
using System.Globalization;
using OutlierQuant.Checkpoints;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>logits</c>: next-token logits, for checking against other runtimes.</summary>
internal static class LogitsCommand
{
    private static readonly Option<string> Prompt = new("--prompt") { Description = "Text to run; special tokens are added as the tokenizer's template says.", HelpName = "TEXT" };
    private static readonly Option<int[]> Ids = new("--ids") { Description = "Token ids to run, exactly as given.", HelpName = "1,2,…", CustomParser = SharedOptions.ParseList };
    private static readonly Option<string> Out = new("--out") { Description = "Write all logits as safetensors: tensor 'logits', F32 [tokens, vocabulary].", HelpName = "FILE" };
    private static readonly Option<int> Top = SharedOptions.Positive("--top", "How many of the likeliest next tokens to show.", 10);

    public static Command Create(UserConsole console)
    {
        Command command = new("logits", "Prints the likeliest next tokens.\n\nExample:\n  outlierquant logits MODEL --prompt \"The old man\" --out logits.safetensors")
        {
            SharedOptions.Model, Prompt, Ids, Out, Top, SharedOptions.NoBos, SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, _) => Task.FromResult(Run(arguments, console)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console)
    {
        string? prompt = arguments.GetValue(Prompt);
        int[]? ids = arguments.GetResult(Ids) is null ? null : arguments.GetValue(Ids);
        if ((prompt is null) == (ids is null))
        {
            throw new UsageException("Give either --prompt or --ids.");
        }

        OutputFile.RequirePlace(arguments.GetValue(Out));
        using Session session = Session.Open(arguments);
        ids ??= session.Tokenizer.Encode(prompt!, addSpecialTokens: session.AddsSpecialTokens(arguments));
        if (ids.Length == 0)
        {
            throw new InvalidDataException("--prompt: gives no tokens; at least one is needed.");
        }

        float[] logits = session.Model.Logits(ids);
        int vocabulary = session.Model.Config.VocabularySize;
        if (arguments.GetValue(Out) is { } path)
        {
            SafetensorsWriter.Write(path, [TensorToWrite.From<float>("logits", TensorType.F32, [ids.Length, vocabulary], logits)]);
        }

        ReadOnlySpan<float> last = logits.AsSpan(logits.Length - vocabulary);
        LogitsDocument document = new(ids, [.. Likeliest(last, arguments.GetValue(Top)).Select(id => new LogitEntry(id, session.Tokenizer.Piece(id), logits[logits.Length - vocabulary + id]))]);
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(document, CliJson.Default.LogitsDocument);
            return 0;
        }

        Table table = Tables.Create("id", "token", "logit");
        foreach (LogitEntry entry in document.Top)
        {
            Tables.AddRow(table, entry.Id.ToString(CultureInfo.InvariantCulture), session.Tokenizer.PieceText(entry.Id), entry.Logit.ToString("F4", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        return 0;
    }

    private static int[] Likeliest(ReadOnlySpan<float> logits, int count)
    {
        int[] ids = [.. Enumerable.Range(0, logits.Length)];
        float[] keys = new float[logits.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = -logits[i];
        }

        MemoryExtensions.Sort(keys.AsSpan(), ids.AsSpan());
        return ids[..Math.Min(count, ids.Length)];
    }
}

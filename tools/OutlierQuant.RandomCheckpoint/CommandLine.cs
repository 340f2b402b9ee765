using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.RandomCheckpoint;

/// <summary>The command: writes a random checkpoint of a known shape, to measure speed and memory on sizes that nobody wants to store.</summary>
/// <remarks>Exit codes: 0 done, 1 the work failed (one line on standard error), 2 usage.</remarks>
internal static class CommandLine
{
    private const int WorkFailed = 1;
    private const int UsageFailed = 2;

    private static readonly Argument<string> Out = new("OUT") { Description = "Directory to write. Its parent must exist." };
    private static readonly Option<string> Shape = OneOf("--shape", $"Sizes of the model. {Describe()}", [.. ModelShape.All.Select(static shape => shape.Name)]);
    private static readonly Option<string> Type = OneOf("--type", "Element type of the weights.", ["bf16", "f16", "f32"]);
    private static readonly Option<ulong> Seed = new("--seed") { Description = "Seed of the weights; the same seed gives the same files.", DefaultValueFactory = static _ => 1, HelpName = "N" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace a checkpoint that is there." };

    /// <summary>Runs the command.</summary>
    /// <param name="args">The arguments after the program's name.</param>
    /// <param name="output">Receives help.</param>
    /// <param name="error">Receives notes, progress and errors.</param>
    /// <param name="showsProgress">Whether <paramref name="error"/> is a terminal.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, bool showsProgress)
    {
        RootCommand root = new("Writes a checkpoint with random weights and a tokenizer that can encode and decode anything.\n\nExample:\n  OutlierQuant.RandomCheckpoint big --shape llama-1b --type bf16")
        {
            Out, Shape, Type, Seed, Overwrite,
        };
        root.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, error, showsProgress, cancellation)));
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync($"{parsed.Errors[0].Message} See: --help").ConfigureAwait(false);
            return UsageFailed;
        }

        using CancellationTokenSource cancellation = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            cancellation.Cancel();
        });
        try
        {
            InvocationConfiguration configuration = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, cancellation.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped; nothing was left half-written.").ConfigureAwait(false);
            return WorkFailed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(exception.Message.ReplaceLineEndings(" ")).ConfigureAwait(false);
            return WorkFailed;
        }
    }

    private static int Run(ParseResult arguments, TextWriter error, bool showsProgress, CancellationToken cancellation)
    {
        ModelShape shape = ModelShape.All.First(shape => shape.Name == arguments.GetRequiredValue(Shape));
        TensorType type = arguments.GetRequiredValue(Type) switch { "f32" => TensorType.F32, "f16" => TensorType.F16, _ => TensorType.BF16 };
        string directory = arguments.GetRequiredValue(Out);
        int shown = -1;
        CheckpointWriter.Write(directory, shape, type, arguments.GetValue(Seed), arguments.GetValue(Overwrite), showsProgress ? Show : null, cancellation);
        error.WriteLine($"{(showsProgress ? "\r" : "")}{directory}: {shape.Name}, {arguments.GetRequiredValue(Type)}, seed {arguments.GetValue(Seed)}");
        return 0;

        void Show(long written, long total)
        {
            int percent = (int)(100 * written / total);
            if (percent != shown)
            {
                shown = percent;
                error.Write(string.Create(CultureInfo.InvariantCulture, $"\rwriting {percent} % of {total >> 20} MiB"));
            }
        }
    }

    private static Option<string> OneOf(string name, string description, string[] values) => new(name)
    {
        Description = $"{description} One of: {string.Join(", ", values)}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => values[0],
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (!values.Contains(word, StringComparer.Ordinal))
            {
                result.AddError($"{name} is '{word}', but must be one of: {string.Join(", ", values)}.");
            }

            return word;
        },
    };

    private static string Describe() => string.Join("; ", ModelShape.All.Select(static shape =>
        $"{shape.Name}: hidden {shape.HiddenSize}, intermediate {shape.IntermediateSize}, {shape.Blocks} blocks, {shape.Heads}/{shape.KeyValueHeads} heads, vocabulary {shape.Vocabulary}")) + ".";
}

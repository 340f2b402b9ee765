using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace OutlierQuant.Cli.Terminal;

/// <summary>Where a command's results, notes and progress go.</summary>
/// <remarks>Results go to standard output and nothing else does; notes, progress and errors go to standard error.</remarks>
internal sealed class UserConsole
{
    // Wide enough for every table, so that a file or a pipe gets whole lines.
    private const int WidthWithoutTerminal = 400;

    /// <summary>Initializes a console over two writers.</summary>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives notes, progress and errors.</param>
    /// <param name="showsProgress">Whether <paramref name="error"/> is a terminal on which a bar can be drawn.</param>
    public UserConsole(TextWriter output, TextWriter error, bool showsProgress = false)
    {
        Output = output;
        Error = error;
        ShowsProgress = showsProgress;
    }

    /// <summary>Gets the writer for results.</summary>
    public TextWriter Output { get; }

    /// <summary>Gets the writer for notes, progress and errors.</summary>
    public TextWriter Error { get; }

    /// <summary>Gets a value indicating whether a progress bar can be drawn on <see cref="Error"/>.</summary>
    public bool ShowsProgress { get; }

    /// <summary>Gets a value indicating whether notes are suppressed.</summary>
    public bool Quiet { get; set; }

    /// <summary>Makes the console of the running process.</summary>
    public static UserConsole OfThisProcess() => new(Console.Out, Console.Error, !Console.IsErrorRedirected);

    /// <summary>Writes one line about what is being done.</summary>
    public void Note(string line)
    {
        if (!Quiet)
        {
            Error.WriteLine(line);
        }
    }

    /// <summary>Writes one json document, and nothing else, to <see cref="Output"/>.</summary>
    public void WriteJson<T>(T document, JsonTypeInfo<T> type) => Output.WriteLine(JsonSerializer.Serialize(document, type));

    /// <summary>Writes a table to <see cref="Output"/>, as wide as it needs where output is not a terminal.</summary>
    public void Write(Table table)
    {
        bool isTerminal = ReferenceEquals(Output, Console.Out) && !Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Output),
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        console.Write(table);
    }
}

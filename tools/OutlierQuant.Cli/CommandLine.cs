using System.CommandLine;
using System.Runtime.InteropServices;
using OutlierQuant.Cli.Commands;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Cli;

/// <summary>The command <c>outlierquant</c>: parses, calls the libraries, and turns every outcome into an exit code.</summary>
/// <remarks>Exit codes: 0 done, 1 the input or the work failed (one line on standard error), 2 usage.</remarks>
internal static class CommandLine
{
    private const int InputFailed = 1;
    private const int UsageFailed = 2;

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments after the program's name.</param>
    /// <param name="console">Where results, notes and errors go.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, UserConsole console)
    {
        RootCommand root = Root(console);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string verb = parsed.CommandResult.Command == root ? "" : parsed.CommandResult.Command.Name + " ";
            await console.Error.WriteLineAsync($"outlierquant: {parsed.Errors[0].Message} See: outlierquant {verb}--help").ConfigureAwait(false);
            return UsageFailed;
        }

        using CancellationTokenSource cancellation = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        InvocationConfiguration configuration = new()
        {
            Output = console.Output,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellation.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await console.Error.WriteLineAsync("outlierquant: stopped; nothing was left half-written.").ConfigureAwait(false);
            return InputFailed;
        }
        catch (UsageException exception)
        {
            await console.Error.WriteLineAsync($"outlierquant: {exception.Message} See: outlierquant {parsed.CommandResult.Command.Name} --help").ConfigureAwait(false);
            return UsageFailed;
        }
        catch (Exception exception)
        {
            // What the libraries throw at bad input says what is wrong; anything else is a defect here, and must not pass for the user's mistake.
            bool isInput = exception is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or ArithmeticException or DeviceException;
            await console.Error.WriteLineAsync($"outlierquant: {(isInput ? "" : $"internal error ({exception.GetType().Name}; --verbose shows where): ")}{OneLine(exception)}").ConfigureAwait(false);
            if (parsed.GetValue(SharedOptions.Verbose))
            {
                await console.Error.WriteLineAsync(exception.ToString()).ConfigureAwait(false);
            }

            return InputFailed;
        }

        void Cancel(PosixSignalContext context)
        {
            context.Cancel = true;
            cancellation.Cancel();
        }
    }

    internal static RootCommand Root(UserConsole console)
    {
        RootCommand root = new("Finds the massive activations of a language model, quantizes it with and without preserving them, and measures what that costs. Start with: outlierquant demo");
        root.Options.Add(SharedOptions.Verbose);
        root.Subcommands.Add(DemoCommand.Create(console));
        root.Subcommands.Add(InspectCommand.Create(console));
        root.Subcommands.Add(LogitsCommand.Create(console));
        root.Subcommands.Add(LocateCommand.Create(console));
        root.Subcommands.Add(InterveneCommand.Create(console));
        root.Subcommands.Add(TraceCommand.Create(console));
        root.Subcommands.Add(ForecastCommand.Create(console));
        root.Subcommands.Add(CertifyCommand.Create(console));
        root.Subcommands.Add(AttentionCommand.Create(console));
        root.Subcommands.Add(CircuitCommand.Create(console));
        root.Subcommands.Add(QuantizeCommand.Create(console));
        root.Subcommands.Add(PerplexityCommand.Create(console));
        root.Subcommands.Add(CompareCommand.Create(console));
        root.Subcommands.Add(ReportCommand.Create(console));
        root.Subcommands.Add(GenerateCommand.Create(console));
        root.Subcommands.Add(TrainCommand.Create(console));
        root.Subcommands.Add(HistoryCommand.Create(console));
        root.Subcommands.Add(BenchCommand.Create(console));
        root.Subcommands.Add(DevicesCommand.Create(console));
        root.SetAction(result =>
        {
            console.Error.WriteLine("outlierquant: which command? See: outlierquant --help");
            return UsageFailed;
        });
        return root;
    }

    /// <summary>Joins a message's lines, and drops the notes that .NET adds about the parameter's name and value: our messages say what they need to.</summary>
    internal static string OneLine(Exception exception)
    {
        string message = exception is ArgumentException { ParamName: { } name } argument ? argument.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;
        if (exception is ArgumentOutOfRangeException { ActualValue: not null })
        {
            message = message[..message.LastIndexOf('\n')].TrimEnd();
        }

        return message.ReplaceLineEndings(" ");
    }
}

using OutlierQuant.Cli.Terminal;

namespace OutlierQuant.Cli.Tests;

/// <summary>Runs a command in this process and keeps what it printed.</summary>
internal static class CommandRunner
{
    public static async Task<CommandOutcome> Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = await CommandLine.RunAsync(args, new UserConsole(output, error));
        return new CommandOutcome(exitCode, output.ToString(), error.ToString());
    }
}

using OutlierQuant.Cli;
using OutlierQuant.Cli.Terminal;

return await CommandLine.RunAsync(args, UserConsole.OfThisProcess()).ConfigureAwait(false);

using OutlierQuant.RandomCheckpoint;

return await CommandLine.RunAsync(args, Console.Out, Console.Error, !Console.IsErrorRedirected).ConfigureAwait(false);

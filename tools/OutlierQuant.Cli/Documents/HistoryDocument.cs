namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>history --json</c> prints.</summary>
/// <param name="Runs">The runs in the order given.</param>
/// <param name="Figures">The files that were written.</param>
internal sealed record HistoryDocument(IReadOnlyList<HistoryRun> Runs, IReadOnlyList<string> Figures);

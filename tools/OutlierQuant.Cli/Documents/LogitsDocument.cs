namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>logits --json</c> prints.</summary>
/// <param name="Tokens">The ids that were run.</param>
/// <param name="Top">The likeliest next tokens, best first.</param>
internal sealed record LogitsDocument(IReadOnlyList<int> Tokens, IReadOnlyList<LogitEntry> Top);

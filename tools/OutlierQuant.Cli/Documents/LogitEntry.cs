namespace OutlierQuant.Cli.Documents;

/// <summary>One candidate for the next token.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Token">The raw piece of the vocabulary.</param>
/// <param name="Logit">Its logit.</param>
internal sealed record LogitEntry(int Id, string Token, float Logit);

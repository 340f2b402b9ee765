namespace OutlierQuant.Training.Runs;

/// <summary>Which text a run used.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Documents">Number of documents.</param>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Windows">Number of windows.</param>
/// <param name="Sha256">SHA-256 of the token ids.</param>
public sealed record TextSummary(string Name, int Documents, int Tokens, int Windows, string Sha256);

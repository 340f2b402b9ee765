namespace OutlierQuant.Cli.Documents;

/// <summary>One generated text.</summary>
/// <param name="Seed">The seed it was sampled with.</param>
/// <param name="Ids">The tokens added, without those of the prompt.</param>
/// <param name="Text">The prompt and what was added.</param>
internal sealed record GeneratedText(ulong Seed, IReadOnlyList<int> Ids, string Text);

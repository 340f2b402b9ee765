using System.Text.Json.Serialization;

namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>generate --json</c> prints.</summary>
/// <param name="Prompt">The prompt as given.</param>
/// <param name="Texts">The texts, in the order of their seeds.</param>
/// <param name="TokensPerSecond">Tokens added in a second, over all texts.</param>
/// <param name="Timing">Where the time went, with <c>--timing</c>; else absent.</param>
internal sealed record GenerateDocument(
    string Prompt,
    IReadOnlyList<GeneratedText> Texts,
    double TokensPerSecond,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GenerateTiming? Timing);

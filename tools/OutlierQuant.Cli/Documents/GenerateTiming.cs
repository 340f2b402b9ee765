using OutlierQuant.Models;

namespace OutlierQuant.Cli.Documents;

/// <summary>Where the time of <c>generate</c> went, over all texts.</summary>
/// <param name="Prompt">From the prompt to the first token.</param>
/// <param name="Generated">The tokens after the first, one at a time; no tokens when only one was made.</param>
internal sealed record GenerateTiming(TimingReport Prompt, TimingReport Generated)
{
    /// <summary>Adds up the times of two texts.</summary>
    public GenerateTiming Plus(GenerateTiming other) => new(Prompt.Plus(other.Prompt), Generated.Plus(other.Generated));
}

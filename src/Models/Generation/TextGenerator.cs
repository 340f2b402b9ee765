namespace OutlierQuant.Models.Generation;

/// <summary>Continues a sequence token by token.</summary>
public static class TextGenerator
{
    /// <summary>Computes a prompt, then chooses tokens one after another.</summary>
    /// <param name="session">The sequence to continue; the prompt is appended to what it holds.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="maxTokens">Most tokens to give, positive.</param>
    /// <param name="options">How to choose.</param>
    /// <param name="stopIds">Tokens that end the text; the one that ends it is given too.</param>
    /// <returns>The chosen tokens, each as soon as it is known. The last one given is not yet part of the session.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the prompt is empty, too long or not in the vocabulary.</exception>
    public static IEnumerable<int> Generate(
        DecodingSession session, ReadOnlyMemory<int> prompt, int maxTokens, SamplingOptions options, IReadOnlyList<int> stopIds)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(stopIds);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokens);
        return Continue(session, prompt, maxTokens, new TokenSampler(options), stopIds);
    }

    private static IEnumerable<int> Continue(DecodingSession session, ReadOnlyMemory<int> prompt, int maxTokens, TokenSampler sampler, IReadOnlyList<int> stopIds)
    {
        int id = session.AppendAndChoose(prompt.Span, sampler);
        for (int given = 1; ; given++)
        {
            yield return id;
            if (given == maxTokens || stopIds.Contains(id))
            {
                yield break;
            }

            id = session.AppendAndChoose([id], sampler);
        }
    }
}

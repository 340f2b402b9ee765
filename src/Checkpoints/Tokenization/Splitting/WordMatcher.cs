namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The matches of a pattern that matches everywhere.</summary>
internal sealed class WordMatcher(IWordPattern pattern) : IMatcher
{
    /// <inheritdoc/>
    public void FindStretches(ReadOnlySpan<char> text, List<Stretch> stretches)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = pattern.EndOfWord(text, start);
            stretches.Add(new Stretch(start, end, IsMatch: true));
            start = end;
        }
    }
}

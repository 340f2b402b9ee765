namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Finds a pattern in a text.</summary>
internal interface IMatcher
{
    /// <summary>Appends the matches and what lies between them, in order and without a gap.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="stretches">Receives the stretches.</param>
    void FindStretches(ReadOnlySpan<char> text, List<Stretch> stretches);
}

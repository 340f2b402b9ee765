namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>A split pattern that matches everywhere, so that a text is words end to end.</summary>
internal interface IWordPattern
{
    /// <summary>The end of the word that starts at a position.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="start">Where the word starts, before the end of the text.</param>
    int EndOfWord(ReadOnlySpan<char> text, int start);
}

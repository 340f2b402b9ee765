namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Cuts a piece into the words of a pattern.</summary>
internal sealed class WordSplitter(IWordPattern pattern) : ISplitter
{
    /// <inheritdoc/>
    public void Split(TextPiece piece, List<TextPiece> parts)
    {
        ReadOnlySpan<char> text = piece.Span;
        for (int start = 0; start < text.Length;)
        {
            int end = pattern.EndOfWord(text, start);
            parts.Add(piece.Part(start, end));
            start = end;
        }
    }
}

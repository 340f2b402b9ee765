namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Writes spaces as a visible mark, puts one before the text, and lets words start with it, as SentencePiece does.</summary>
/// <param name="mark">The mark, usually U+2581.</param>
/// <param name="prepend">Where a mark is put before text that does not start with one.</param>
/// <param name="split">Whether to cut before every mark.</param>
internal sealed class MetaspaceSplitter(string mark, MetaspacePrepend prepend, bool split) : ISplitter
{
    private readonly PatternSplitter _words = new(new LiteralMatcher(mark), SplitBehavior.MergedWithNext, invert: false);

    /// <inheritdoc/>
    public void Split(TextPiece piece, List<TextPiece> parts)
    {
        string text = piece.Span.ToString().Replace(" ", mark, StringComparison.Ordinal);
        bool wanted = prepend == MetaspacePrepend.Always || (prepend == MetaspacePrepend.First && piece.OpensText);
        if (wanted && text.Length > 0 && !text.StartsWith(mark, StringComparison.Ordinal))
        {
            text = mark + text;
        }

        TextPiece marked = TextPiece.Whole(text, piece.OpensText);
        if (split)
        {
            _words.Split(marked, parts);
        }
        else
        {
            parts.Add(marked);
        }
    }
}

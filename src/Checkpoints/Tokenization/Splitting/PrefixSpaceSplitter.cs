namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Puts a space before a piece that does not start with one, so that a first word reads like any other.</summary>
internal sealed class PrefixSpaceSplitter : ISplitter
{
    /// <inheritdoc/>
    public void Split(TextPiece piece, List<TextPiece> parts) =>
        parts.Add(piece.Span.StartsWith(' ') ? piece : TextPiece.Whole(" " + piece.Span.ToString(), piece.OpensText));
}

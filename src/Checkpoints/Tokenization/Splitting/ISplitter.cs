namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>One step that cuts text into words, or rewrites it on the way.</summary>
internal interface ISplitter
{
    /// <summary>Appends the parts of a piece, in order.</summary>
    void Split(TextPiece piece, List<TextPiece> parts);
}

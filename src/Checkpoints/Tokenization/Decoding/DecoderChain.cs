namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>The steps from token pieces to text.</summary>
/// <param name="steps">The steps in order; null for a file without a decoder, whose pieces are joined with spaces.</param>
internal sealed class DecoderChain(IReadOnlyList<IDecoderStep>? steps)
{
    /// <summary>Gets whether the text of the first tokens stays the same when more tokens follow.</summary>
    public bool IsIncremental { get; } = steps is null || steps.All(static step => step.IsIncremental);

    /// <summary>The text of the pieces, in the sense of <see cref="EscapedBytes"/>.</summary>
    public string Decode(List<string> pieces)
    {
        if (steps is null)
        {
            return string.Join(' ', pieces);
        }

        foreach (IDecoderStep step in steps)
        {
            pieces = step.Decode(pieces);
        }

        return string.Concat(pieces);
    }

    /// <summary>The text of a piece that is not the first, so that it keeps its space.</summary>
    public string DecodeInside(string piece)
    {
        string alone = Decode([piece]);
        string twice = steps is null ? alone + alone : Decode([piece, piece]);
        // Two parts of characters may complete each other; then there is no seam to cut at.
        return twice.StartsWith(alone, StringComparison.Ordinal) ? twice[alone.Length..] : alone;
    }
}

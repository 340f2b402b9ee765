namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>One step from token pieces to text.</summary>
internal interface IDecoderStep
{
    /// <summary>Gets whether the text of the first tokens stays the same when more tokens follow.</summary>
    bool IsIncremental { get; }

    /// <summary>Rewrites the pieces.</summary>
    /// <param name="pieces">Texts in the sense of <see cref="EscapedBytes"/>.</param>
    List<string> Decode(List<string> pieces);
}

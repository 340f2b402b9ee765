namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Joins all pieces to one.</summary>
internal sealed class FuseDecoder : IDecoderStep
{
    /// <inheritdoc/>
    public bool IsIncremental => true;

    /// <inheritdoc/>
    public List<string> Decode(List<string> pieces) => [string.Concat(pieces)];
}

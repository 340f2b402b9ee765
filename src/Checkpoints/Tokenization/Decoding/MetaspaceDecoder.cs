namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Turns space marks back into spaces, and drops those of the first piece where one was put before the text.</summary>
internal sealed class MetaspaceDecoder(string mark, bool dropsFirst) : IDecoderStep
{
    /// <inheritdoc/>
    public bool IsIncremental => true;

    /// <inheritdoc/>
    public List<string> Decode(List<string> pieces) =>
        [.. pieces.Select((piece, index) => piece.Replace(mark, index == 0 && dropsFirst ? "" : " ", StringComparison.Ordinal))];
}

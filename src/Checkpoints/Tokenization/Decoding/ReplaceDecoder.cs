using OutlierQuant.Checkpoints.Tokenization.Normalization;

namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Replaces a pattern in every piece.</summary>
/// <param name="replacement">What is replaced by what.</param>
/// <param name="followsFusing">Whether the pieces were joined before, so that later tokens can change what is replaced.</param>
internal sealed class ReplaceDecoder(INormalizer replacement, bool followsFusing) : IDecoderStep
{
    /// <inheritdoc/>
    public bool IsIncremental => !followsFusing;

    /// <inheritdoc/>
    public List<string> Decode(List<string> pieces) => [.. pieces.Select(replacement.Normalize)];
}

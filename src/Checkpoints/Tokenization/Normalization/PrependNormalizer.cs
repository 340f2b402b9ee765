namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Puts a text before any text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text) => text.Length == 0 ? text : prefix + text;
}

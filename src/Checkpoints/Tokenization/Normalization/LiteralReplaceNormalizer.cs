namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Puts one text in place of another, from left to right.</summary>
internal sealed class LiteralReplaceNormalizer(string literal, string content) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text) => text.Replace(literal, content, StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool KeepsStart(string text) => content.Length > 0 || !text.StartsWith(literal, StringComparison.Ordinal);
}

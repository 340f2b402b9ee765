namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text)
    {
        string start = left ? text.TrimStart() : text;
        return right ? start.TrimEnd() : start;
    }

    /// <inheritdoc/>
    public bool KeepsStart(string text) => !left || text.Length == 0 || !char.IsWhiteSpace(text[0]);
}

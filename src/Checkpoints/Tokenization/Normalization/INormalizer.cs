namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>One change that text undergoes before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>The changed text.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    string Normalize(string text);

    /// <summary>Whether the first character of the changed text still comes from the first of the text.</summary>
    /// <param name="text">The text before the change.</param>
    bool KeepsStart(string text) => true;
}

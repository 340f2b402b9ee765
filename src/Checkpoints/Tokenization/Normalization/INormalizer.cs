namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>One change that text undergoes before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>The changed text.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    string Normalize(string text);
}

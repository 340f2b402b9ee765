namespace OutlierQuant.Calibration;

/// <summary>The kind of token that a massive activation sits on.</summary>
/// <remarks>
/// Sun et al., "Massive Activations in Large Language Models", arXiv:2402.17762, section 2.2: the start token, the first strong
/// delimiter, and, in some models, words of weak meaning.
/// </remarks>
public enum TokenClass
{
    /// <summary>The beginning-of-sequence token at position 0.</summary>
    Bos,

    /// <summary>The token at position 0 of a sequence that has no beginning-of-sequence token.</summary>
    First,

    /// <summary>A later token whose text is punctuation or contains a line break, and has no letter or digit.</summary>
    Delimiter,

    /// <summary>Every other later token.</summary>
    Other,
}

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The four classes that the split patterns of byte-level tokenizers tell apart.</summary>
internal enum RuneClass : byte
{
    /// <summary>Neither space, letter nor number: <c>[^\s\p{L}\p{N}]</c>.</summary>
    Other,

    /// <summary><c>\s</c>, the White_Space property.</summary>
    Space,

    /// <summary><c>\p{L}</c>.</summary>
    Letter,

    /// <summary><c>\p{N}</c>.</summary>
    Number,
}

namespace OutlierQuant.Models.Architectures;

/// <summary>How an architecture tells positions apart.</summary>
internal enum PositionKind
{
    /// <summary>Queries and keys are rotated.</summary>
    Rotary,

    /// <summary>A learned vector is added to the token's embedding.</summary>
    Learned,
}

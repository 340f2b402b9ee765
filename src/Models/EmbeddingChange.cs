namespace OutlierQuant.Models;

/// <summary>Another start of the residual stream, for studies that ask what positions do.</summary>
public sealed record EmbeddingChange
{
    /// <summary>Gets what gives a position its row of the position table, or none; null where every position has its own.</summary>
    public Func<int, int?>? PositionRow { get; init; }

    /// <summary>Gets whether the rows of the token table are left out.</summary>
    public bool WithoutTokens { get; init; }
}

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>How weights and activations lie in tiles, and the sizes that follow.</summary>
/// <remarks>
/// <code>
/// weights, one tile: a row is an output feature        activations, one tile: a column is a token
///
///            64 bytes of the inner dimension                       16 tokens, 4 bytes each
///          ┌───────────────────────────────┐                    ┌─────┬─────┬───┬──────┐
/// feature 0│ k0 k1 k2 k3 …             k63 │          k0 … k3   │ t 0 │ t 1 │ … │ t 15 │
///         1│                               │          k4 … k7   │     │     │   │      │
///         …│                               │          …         │     │     │   │      │
///        15│                               │          k60 … k63 │     │     │   │      │
///          └───────────────────────────────┘                    └─────┴─────┴───┴──────┘
///
/// a pair of 32 features                                a strip of 32 tokens
///   step 0: tile of features 0–15, tile of 16–31         step 0: tile of tokens 0–15, tile of 16–31
///   step 1: …                                            step 1: …
/// </code>
/// <para>So a packed row of weights needs no shuffling, and a product reads both operands from front to back. What is missing at the edges, features,
/// tokens or columns, is 0.</para>
/// </remarks>
internal static class TileLayout
{
    /// <summary>Rows of a tile.</summary>
    public const int TileRows = 16;

    /// <summary>Bytes of a tile's row.</summary>
    public const int RowBytes = 64;

    /// <summary>Bytes of a tile.</summary>
    public const int TileBytes = TileRows * RowBytes;

    /// <summary>Bytes of one operand in one step: two tiles.</summary>
    public const int StepBytes = 2 * TileBytes;

    /// <summary>Output features of a pair of weight tiles.</summary>
    public const int PairRows = 2 * TileRows;

    /// <summary>Tokens of a pair of activation tiles.</summary>
    public const int StripTokens = 2 * TileRows;

    /// <summary>Sums of a pair and a strip.</summary>
    public const int BlockSums = PairRows * StripTokens;

    /// <summary>Computes the steps of so many bytes of the inner dimension.</summary>
    public static int Steps(int bytes) => (bytes + RowBytes - 1) / RowBytes;

    /// <summary>Computes the strips of so many tokens.</summary>
    public static int Strips(int tokens) => (tokens + StripTokens - 1) / StripTokens;
}

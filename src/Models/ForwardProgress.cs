namespace OutlierQuant.Models;

/// <summary>How far a forward pass is.</summary>
/// <param name="WindowsDone">Windows handed to the consumer.</param>
/// <param name="BlocksDone">Pairs (block, window) computed.</param>
/// <param name="TotalBlocks">Pairs (block, window) to compute: blocks × windows.</param>
/// <param name="TokensDone">Tokens computed, a token that has passed b of B blocks counting b/B; rounded down.</param>
/// <param name="TokensTotal">Tokens of all windows.</param>
public readonly record struct ForwardProgress(int WindowsDone, int BlocksDone, int TotalBlocks, long TokensDone, long TokensTotal);

namespace OutlierQuant.Models.Blocks;

/// <summary>Sizes of a block's attention.</summary>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key and value heads; consecutive query heads share one.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="SlidingWindow">Number of positions that a token attends to, itself included; <see cref="int.MaxValue"/> for all.</param>
internal sealed record AttentionShape(int Heads, int KeyValueHeads, int HeadSize, int SlidingWindow)
{
    public int QuerySize => Heads * HeadSize;

    public int KeyValueSize => KeyValueHeads * HeadSize;

    /// <summary>Gets the number of query heads that share a key and value head; query head h reads head h / Group.</summary>
    public int Group => Heads / KeyValueHeads;

    /// <summary>The first row of the cache that the token of a row attends to.</summary>
    public int FirstKey(int row) => (int)Math.Max(0, (long)row - SlidingWindow + 1);
}

namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>The merges of a byte-pair encoding, found by the two ids that they join.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<long, Merge> _merges = [];

    /// <summary>Sets the merge of a pair; a pair listed twice keeps its last rank, as in the tokenizers library.</summary>
    public void Set(int left, int right, Merge merge) => _merges[Key(left, right)] = merge;

    /// <summary>Finds the merge of a pair.</summary>
    public bool TryGet(int left, int right, out Merge merge) => _merges.TryGetValue(Key(left, right), out merge);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}

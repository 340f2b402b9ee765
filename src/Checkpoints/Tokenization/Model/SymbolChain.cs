namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>The symbols of one word, joined pair by pair until no merge applies.</summary>
/// <remarks>
/// <para>The pair of lowest rank is joined first, of equal ranks the leftmost (Sennrich et al., arXiv:1508.07909). A doubly
/// linked list and a heap of candidate pairs make it O(n log n), so that a megabyte without a space is no trap.</para>
/// <para>A candidate is stale when its symbols were joined meanwhile. Like the tokenizers library, the test is whether the pair
/// that now stands there becomes the same piece.</para>
/// </remarks>
internal static class SymbolChain
{
    private const int Joined = -1;

    /// <summary>Joins symbols in place.</summary>
    /// <param name="symbols">Ids of the word's symbols; receives the ids that remain.</param>
    /// <param name="merges">The merges.</param>
    public static void Join(List<int> symbols, MergeTable merges)
    {
        int count = symbols.Count;
        PriorityQueue<int, long> candidates = new(count);
        for (int position = 0; position + 1 < count; position++)
        {
            Offer(candidates, merges, symbols[position], symbols[position + 1], position);
        }

        if (candidates.Count == 0)
        {
            return;
        }

        int[] next = new int[count];
        int[] previous = new int[count];
        for (int position = 0; position < count; position++)
        {
            next[position] = position + 1;
            previous[position] = position - 1;
        }

        while (candidates.TryDequeue(out int joinedId, out long key))
        {
            int left = (int)(uint)key;
            int right = next[left];
            if (symbols[left] == Joined || right == count
                || !merges.TryGet(symbols[left], symbols[right], out Merge merge) || merge.Id != joinedId)
            {
                continue;
            }

            symbols[left] = joinedId;
            symbols[right] = Joined;
            int after = next[right];
            next[left] = after;
            if (after < count)
            {
                previous[after] = left;
                Offer(candidates, merges, joinedId, symbols[after], left);
            }

            int before = previous[left];
            if (before >= 0)
            {
                Offer(candidates, merges, symbols[before], joinedId, before);
            }
        }

        symbols.RemoveAll(static symbol => symbol == Joined);
    }

    private static void Offer(PriorityQueue<int, long> candidates, MergeTable merges, int left, int right, int position)
    {
        if (merges.TryGet(left, right, out Merge merge))
        {
            // Rank in the high half, position in the low half: the order of the queue is the order of joining.
            candidates.Enqueue(merge.Id, ((long)merge.Rank << 32) | (uint)position);
        }
    }
}

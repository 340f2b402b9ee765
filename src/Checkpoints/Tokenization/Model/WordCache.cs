namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>The ids of words seen before: a table of fixed size in which a new word replaces the old one of its slot.</summary>
/// <remarks>Slots are replaced by one reference write, so any number of threads may use it without a lock; what they find can
/// only change how long a word takes, never its ids.</remarks>
internal sealed class WordCache
{
    private const int SlotCount = 1 << 16;
    private const int LongestWord = 64;

    private readonly Entry?[] _slots = new Entry?[SlotCount];

    /// <summary>Finds the ids of a word.</summary>
    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> ids)
    {
        if (word.Length <= LongestWord && _slots[SlotOf(word)] is { } entry && word.SequenceEqual(entry.Word))
        {
            ids = entry.Ids;
            return true;
        }

        ids = default;
        return false;
    }

    /// <summary>Keeps the ids of a word, unless it is too long to be common.</summary>
    public void Keep(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length <= LongestWord)
        {
            Volatile.Write(ref _slots[SlotOf(word)], new Entry(word.ToString(), [.. ids]));
        }
    }

    private static int SlotOf(ReadOnlySpan<char> word)
    {
        uint hash = (uint)word.Length;
        foreach (char character in word)
        {
            hash = (hash ^ character) * 0x9E3779B1u;
            hash ^= hash >> 15;
        }

        return (int)(hash % SlotCount);
    }

    private sealed record Entry(string Word, int[] Ids);
}

namespace OutlierQuant.Models.Blocks;

/// <summary>Keys and values of one block for the positions of one sequence so far, each head's in one piece.</summary>
internal sealed class KeyValueCache(int keyValueHeads, int headSize)
{
    private float[] _keys = [];
    private float[] _values = [];
    private int _capacity;

    /// <summary>Gets the number of entries held: the constants, then one for each position.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the number of constant entries in front: position p has entry <c>Constants + p</c>.</summary>
    public int Constants { get; private set; }

    /// <summary>Forgets every entry, so that another sequence can use the memory.</summary>
    public void Clear() => (Count, Constants) = (0, 0);

    /// <summary>Puts constants in front of a sequence that has not begun.</summary>
    public void Prefill(ConstantKeys constants)
    {
        Extend(1);
        Constants = 1;
        for (int head = 0; head < keyValueHeads; head++)
        {
            constants.Keys.AsSpan(head * headSize, headSize).CopyTo(KeyAt(head, 0));
            constants.Values.AsSpan(head * headSize, headSize).CopyTo(ValueAt(head, 0));
        }
    }

    /// <summary>Makes room for more positions behind those held; <see cref="KeyAt"/> and <see cref="ValueAt"/> then fill it.</summary>
    public void Extend(int positions)
    {
        int needed = Count + positions;
        if (needed > _capacity)
        {
            // Doubling is for decoding, which adds one position at a time; the first call takes just what it needs.
            int capacity = Count == 0 ? needed : Math.Max(needed, 2 * _capacity);
            _keys = Grow(_keys, capacity);
            _values = Grow(_values, capacity);
            _capacity = capacity;
        }

        Count = needed;
    }

    /// <summary>The key of one head at one entry. Shape [headSize].</summary>
    public Span<float> KeyAt(int head, int entry) => _keys.AsSpan(((head * _capacity) + entry) * headSize, headSize);

    /// <summary>The value of one head at one entry. Shape [headSize].</summary>
    public Span<float> ValueAt(int head, int entry) => _values.AsSpan(((head * _capacity) + entry) * headSize, headSize);

    /// <summary>The keys of one head at consecutive entries. Shape [count, headSize].</summary>
    public ReadOnlySpan<float> Keys(int head, int first, int count) => _keys.AsSpan(((head * _capacity) + first) * headSize, count * headSize);

    /// <summary>The values of one head at consecutive entries. Shape [count, headSize].</summary>
    public ReadOnlySpan<float> Values(int head, int first, int count) => _values.AsSpan(((head * _capacity) + first) * headSize, count * headSize);

    private float[] Grow(float[] old, int capacity)
    {
        float[] grown = GC.AllocateUninitializedArray<float>(checked(keyValueHeads * capacity * headSize));
        for (int head = 0; head < keyValueHeads; head++)
        {
            old.AsSpan(head * _capacity * headSize, Count * headSize).CopyTo(grown.AsSpan(head * capacity * headSize));
        }

        return grown;
    }
}

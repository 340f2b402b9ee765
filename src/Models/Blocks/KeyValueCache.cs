using OutlierQuant.Models.Folding;

namespace OutlierQuant.Models.Blocks;

/// <summary>Keys and values of one block for one sequence so far, each head's in one piece: constants first, if the model has any, then a row for each token.</summary>
internal sealed class KeyValueCache(int keyValueHeads, int headSize)
{
    private float[] _keys = [];
    private float[] _values = [];
    private int _capacity;

    /// <summary>Gets the number of rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets the sequence, so that another can use the memory.</summary>
    /// <param name="constants">What stands before that sequence; null for nothing.</param>
    public void Restart(AttentionConstants? constants)
    {
        Count = 0;
        if (constants is null)
        {
            return;
        }

        Extend(constants.Slots);
        int size = constants.Slots * headSize;
        for (int head = 0; head < keyValueHeads; head++)
        {
            constants.Keys.Span.Slice(head * size, size).CopyTo(_keys.AsSpan(head * _capacity * headSize));
            constants.Values.Span.Slice(head * size, size).CopyTo(_values.AsSpan(head * _capacity * headSize));
        }
    }

    /// <summary>Copies what is held.</summary>
    public AttentionConstants ToConstants()
    {
        float[] keys = new float[keyValueHeads * Count * headSize], values = new float[keys.Length];
        for (int head = 0; head < keyValueHeads; head++)
        {
            Keys(head, 0, Count).CopyTo(keys.AsSpan(head * Count * headSize));
            Values(head, 0, Count).CopyTo(values.AsSpan(head * Count * headSize));
        }

        return new AttentionConstants(Count, headSize, keys, values);
    }

    /// <summary>Makes room for more rows behind those held; <see cref="KeyAt"/> and <see cref="ValueAt"/> then fill it.</summary>
    public void Extend(int rows)
    {
        int needed = Count + rows;
        if (needed > _capacity)
        {
            // Doubling is for decoding, which adds one row at a time; the first call takes just what it needs.
            int capacity = Count == 0 ? needed : Math.Max(needed, 2 * _capacity);
            _keys = Grow(_keys, capacity);
            _values = Grow(_values, capacity);
            _capacity = capacity;
        }

        Count = needed;
    }

    /// <summary>The key of one head in one row. Shape [headSize].</summary>
    public Span<float> KeyAt(int head, int row) => _keys.AsSpan(((head * _capacity) + row) * headSize, headSize);

    /// <summary>The value of one head in one row. Shape [headSize].</summary>
    public Span<float> ValueAt(int head, int row) => _values.AsSpan(((head * _capacity) + row) * headSize, headSize);

    /// <summary>The keys of one head in consecutive rows. Shape [count, headSize].</summary>
    public ReadOnlySpan<float> Keys(int head, int first, int count) => _keys.AsSpan(((head * _capacity) + first) * headSize, count * headSize);

    /// <summary>The values of one head in consecutive rows. Shape [count, headSize].</summary>
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

namespace OutlierQuant.Models.Folding;

/// <summary>Keys k′ and values v′ of one block that stand before the keys and values of every sequence, the same for all.</summary>
/// <remarks>
/// <para><c>attention(q) = (Σ_i e^(q·k′_i/√d) v′_i + Σ_t e^(q·k_t/√d) v_t) / (Σ_i e^(q·k′_i/√d) + Σ_t e^(q·k_t/√d))</c>, i over the slots, t over the tokens that the
/// query may see: Sun et al., "Massive Activations in Large Language Models", arXiv:2402.17762, equation 3, with as many pairs as there are slots.</para>
/// <para>Keys are as the cache holds them: after the norm and the rotation of their positions. A sliding window leaves slots behind as it leaves tokens: the last slot
/// stands directly before the first token. A trained attention bias, which every query sees, is one slot: the architectures that have it have no window.</para>
/// </remarks>
public sealed class AttentionConstants
{
    /// <summary>Creates the constants of a block.</summary>
    /// <param name="slots">Number of pairs for each head, positive.</param>
    /// <param name="headSize">Width of a head, positive.</param>
    /// <param name="keys">The keys. Shape <c>[keyValueHeads, slots, headSize]</c>.</param>
    /// <param name="values">The values. Shape <c>[keyValueHeads, slots, headSize]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree, or a number is not finite.</exception>
    public AttentionConstants(int slots, int headSize, float[] keys, float[] values)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headSize);
        if (keys.Length != values.Length || keys.Length == 0 || keys.Length % (slots * headSize) != 0)
        {
            throw new ArgumentException(
                $"There are {keys.Length} numbers of keys and {values.Length} of values; {slots} slots of {headSize} need the same multiple of {slots * headSize} of each.", nameof(keys));
        }

        RequireFinite(keys, nameof(keys));
        RequireFinite(values, nameof(values));
        Slots = slots;
        HeadSize = headSize;
        Heads = keys.Length / (slots * headSize);
        Keys = keys;
        Values = values;
    }

    /// <summary>Gets the number of pairs for each head.</summary>
    public int Slots { get; }

    /// <summary>Gets the number of key and value heads.</summary>
    public int Heads { get; }

    /// <summary>Gets the width of a head.</summary>
    public int HeadSize { get; }

    /// <summary>Gets the keys. Shape <c>[keyValueHeads, slots, headSize]</c>.</summary>
    public ReadOnlyMemory<float> Keys { get; }

    /// <summary>Gets the values. Shape <c>[keyValueHeads, slots, headSize]</c>.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Gives one key. Shape <c>[headSize]</c>.</summary>
    /// <param name="head">0-based key and value head.</param>
    /// <param name="slot">0-based slot.</param>
    public ReadOnlySpan<float> Key(int head, int slot) => Keys.Span.Slice(((head * Slots) + slot) * HeadSize, HeadSize);

    /// <summary>Gives one value. Shape <c>[headSize]</c>.</summary>
    /// <param name="head">0-based key and value head.</param>
    /// <param name="slot">0-based slot.</param>
    public ReadOnlySpan<float> Value(int head, int slot) => Values.Span.Slice(((head * Slots) + slot) * HeadSize, HeadSize);

    private static void RequireFinite(float[] numbers, string name)
    {
        int wrong = Array.FindIndex(numbers, number => !float.IsFinite(number));
        if (wrong >= 0)
        {
            throw new ArgumentException($"Element {wrong} of the constant {name} is {numbers[wrong]}; it must be finite.", name);
        }
    }
}

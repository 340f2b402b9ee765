using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Where a query of one head lies, and what it sees.</summary>
internal readonly struct AttentionRow
{
    /// <summary>Finds a query: they lie by key and value head, then token, then head of the group.</summary>
    public AttentionRow(AttentionOperands o, int row)
    {
        int pair = row / (o.Tokens * o.Group), token = row / o.Group % o.Tokens, head = (pair * o.Group) + (row % o.Group);
        Query = row * (long)o.HeadSize;
        Cache = pair * (long)o.Capacity * o.HeadSize;
        Attended = ((token * (long)o.KeyValueHeads * o.Group) + head) * o.HeadSize;
        Position = o.FirstPosition + token;
        FirstKey = IntrinsicMath.Max(0, Position - (o.SlidingWindow - 1));
    }

    /// <summary>Gets the index of the query's first value.</summary>
    public long Query { get; }

    /// <summary>Gets the index of the first value of its head's keys, and values.</summary>
    public long Cache { get; }

    /// <summary>Gets the index of the result's first value.</summary>
    public long Attended { get; }

    /// <summary>Gets the query's position, which is the last that it sees.</summary>
    public int Position { get; }

    /// <summary>Gets the first position that it sees.</summary>
    public int FirstKey { get; }
}

using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="Attention"/> reads and writes: <see cref="Kernels.Devices.DeviceAttention"/> describes the sizes.</summary>
internal struct AttentionOperands
{
    /// <summary>Shape <c>[KeyValueHeads, Tokens, Group, HeadSize]</c>.</summary>
    public ArrayView<float> Queries;

    /// <summary>Shape <c>[KeyValueHeads, Capacity, HeadSize]</c>.</summary>
    public ArrayView<float> Keys;

    /// <summary>Shape <c>[KeyValueHeads, Capacity, HeadSize]</c>.</summary>
    public ArrayView<float> Values;

    public int KeyValueHeads;

    /// <summary>Query heads that read one key and value head.</summary>
    public int Group;

    public int HeadSize;

    public int SlidingWindow;

    public int Tokens;

    public int FirstPosition;

    public int Capacity;

    /// <summary>First of the rows, <c>[KeyValueHeads, Tokens, Group]</c> in one line, that are computed together.</summary>
    public int FirstRow;

    public int EndRow;

    /// <summary>The segment that any query's first key is in.</summary>
    public int FirstSegment;

    public int Segments;

    /// <summary>For each row and segment the sums of values, then the largest score and the sum of weights. Shape <c>[EndRow − FirstRow, Segments, HeadSize + 2]</c>.</summary>
    public ArrayView<float> Partials;

    /// <summary>Shape <c>[Tokens, KeyValueHeads · Group · HeadSize]</c>.</summary>
    public ArrayView<float> Attended;
}

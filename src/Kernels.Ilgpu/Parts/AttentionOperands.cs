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

    /// <summary>Shape <c>[Tokens, KeyValueHeads · Group · HeadSize]</c>.</summary>
    public ArrayView<float> Attended;
}

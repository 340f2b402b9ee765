using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="Heads"/> reads and writes: <see cref="Kernels.Devices.DeviceHeads"/> describes the places.</summary>
internal struct HeadOperands
{
    public ArrayView<float> Source;

    public int Tokens;

    public int HeadCount;

    public int HeadSize;

    public int SourceStride;

    public int SourceOffset;

    public int Group;

    public int OuterStride;

    public int FirstRow;

    public ArrayView<float> Gain;

    /// <summary>1 where heads are normalized, else 0.</summary>
    public int HasNorm;

    public float Epsilon;

    /// <summary>Cosines, then sines, of each token's half of a head. Shape <c>[Tokens, HeadSize]</c>.</summary>
    public ArrayView<float> Rotations;

    /// <summary>1 where heads are rotated, else 0.</summary>
    public int IsRotated;

    public ArrayView<float> Destination;
}

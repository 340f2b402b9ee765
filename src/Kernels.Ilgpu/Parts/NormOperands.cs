using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="Norms"/> reads and writes.</summary>
internal struct NormOperands
{
    /// <summary>Shape <c>[rows, Size]</c>.</summary>
    public ArrayView<float> Source;

    public int Size;

    public ArrayView<float> Gain;

    public ArrayView<float> Bias;

    /// <summary>1 where the mean is subtracted and the bias added, else 0.</summary>
    public int HasBias;

    public float Epsilon;

    /// <summary>Shape <c>[rows, Size]</c>; may be the source.</summary>
    public ArrayView<float> Destination;
}

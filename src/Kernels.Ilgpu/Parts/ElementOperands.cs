using ILGPU;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="Elements"/> reads and writes.</summary>
internal struct ElementOperands
{
    /// <summary>Changed in place. Shape <c>[Count]</c>.</summary>
    public ArrayView<float> Values;

    public long Count;

    /// <summary>An addend or a factor. Shape <c>[Count]</c>, or <c>[Columns]</c> for a vector.</summary>
    public ArrayView<float> Other;

    /// <summary>For a vector: what is added to row <see cref="OtherRow"/> instead. Shape <c>[Columns]</c>.</summary>
    public ArrayView<float> OtherVector;

    public int OtherRow;

    public int Columns;

    public DeviceFunction Function;

    /// <summary>1 where there is a factor, else 0.</summary>
    public int HasFactor;
}

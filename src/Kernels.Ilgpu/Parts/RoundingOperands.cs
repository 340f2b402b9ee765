using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="RowRounding"/> reads and writes.</summary>
internal struct RoundingOperands
{
    /// <summary>Changed in place. Shape <c>[rows, Columns]</c>.</summary>
    public ArrayView<float> Values;

    public long Count;

    public int Columns;

    /// <summary>Channels that are not rounded, rising. Shape <c>[ChannelCount]</c>.</summary>
    public ArrayView<int> Channels;

    public int ChannelCount;

    public float Scale;

    public int QMax;

    /// <summary>What stands in the place of the listed channels. Shape <c>[ChannelCount]</c>.</summary>
    public ArrayView<float> Constants;

    /// <summary>What stands there in row <see cref="OtherRow"/>. Shape <c>[ChannelCount]</c>.</summary>
    public ArrayView<float> OtherConstants;

    /// <summary>1 where there are constants, else 0.</summary>
    public int HasConstants;

    public int OtherRow;
}

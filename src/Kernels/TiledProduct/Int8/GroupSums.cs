using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>What a group's sums of 4 features and 16 tokens start from, are multiplied by, and are added to.</summary>
/// <param name="starts">What integer sums start from, of the first of the four features. Shape <c>[groups, 32]</c>; not read by kernels that start from 0.</param>
/// <param name="scales">Step size of each group and feature. Shape <c>[groups, 32]</c>.</param>
/// <param name="totals">Sums of the groups so far. 4 features at a distance of 32, and 16 tokens.</param>
internal unsafe struct GroupSums(int* starts, float* scales, float* totals)
{
    private int* _starts = starts;
    private float* _scales = scales;

    /// <summary>Gets what the sums of a feature start from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector256<int> Start(int feature) => Vector256.Create(_starts[feature]);

    /// <summary>Multiplies and adds the sums of eight tokens.</summary>
    /// <param name="sums">The sums of the group.</param>
    /// <param name="feature">Which of the four features.</param>
    /// <param name="eight">Which of the two eights of tokens.</param>
    /// <param name="isFirst">Whether it is the first group, so that there are no totals yet.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Scale(Vector256<int> sums, int feature, int eight, bool isFirst)
    {
        float* total = totals + (feature * HalfStep.SumStride) + (eight * 8);
        Vector256<float> floats = Vector256.ConvertToSingle(sums), scale = Vector256.Create(_scales[feature]);
        (isFirst ? floats * scale : Vector256.FusedMultiplyAdd(floats, scale, Vector256.Load(total))).Store(total);
    }

    /// <summary>Moves to the next group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        _starts += TileLayout.PairRows;
        _scales += TileLayout.PairRows;
    }
}

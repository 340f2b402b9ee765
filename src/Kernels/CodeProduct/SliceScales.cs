using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>The scales of a row whose groups are whole slices of 32 columns, found by slice.</summary>
/// <param name="scales">Step size of each group. Shape <c>[groups]</c>.</param>
/// <param name="slicesPerGroup">Slices that share a scale, positive.</param>
internal readonly ref struct SliceScales(ReadOnlySpan<float> scales, int slicesPerGroup)
{
    private readonly ReadOnlySpan<float> _scales = scales;

    // slice / slicesPerGroup as a product: exact while slice · slicesPerGroup stays below 2^32, and a row has at most 2^12 slices.
    private readonly ulong _reciprocal = ((1UL << 32) / (ulong)slicesPerGroup) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Of(nuint slice)
    {
        nuint group = (nuint)((slice * _reciprocal) >> 32);
        Debug.Assert(group < (nuint)_scales.Length);
        return Unsafe.Add(ref MemoryMarshal.GetReference(_scales), group);
    }
}

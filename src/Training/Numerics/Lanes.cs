using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Training.Numerics;

/// <summary>Eight neighbouring values of a span.</summary>
internal static class Lanes
{
    /// <summary>The number of lanes: the same on every machine, so that sums are too.</summary>
    public static int Count => Vector256<float>.Count;

    /// <summary>Loads the values from an index on; the caller has seen to it that there are eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ReadOnlySpan<float> values, int index) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)index);
}

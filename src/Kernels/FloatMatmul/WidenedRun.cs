using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Copies neighbouring weights to memory as binary32, exactly.</summary>
internal static class WidenedRun<TLanes, TVector, TElement>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TElement : IWeightElement
{
    /// <summary>Widens some weights.</summary>
    /// <param name="weights">First byte of the matrix.</param>
    /// <param name="first">Index of the first weight.</param>
    /// <param name="destination">Receives them. Shape <c>[count]</c>.</param>
    /// <param name="count">Number of weights.</param>
    public static void Fill(ref byte weights, nuint first, ref float destination, nuint count)
    {
        nuint i = 0;
        if (typeof(TElement) == typeof(F16Element) && TLanes.Count >= HalfWidening.Width && HalfWidening.IsAvailable)
        {
            i = count - (count % HalfWidening.Width);
            HalfWidening.Widen(ref Unsafe.Add(ref Unsafe.As<byte, ushort>(ref weights), first), ref destination, i);
        }

        for (; i + (nuint)TLanes.Count <= count; i += (nuint)TLanes.Count)
        {
            TLanes.Store(TElement.Load<TLanes, TVector>(ref weights, first + i), ref destination, i);
        }

        for (; i < count; i++)
        {
            Unsafe.Add(ref destination, i) = TElement.Load<SingleLane, float>(ref weights, first + i);
        }
    }
}

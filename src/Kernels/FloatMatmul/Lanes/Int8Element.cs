using System.Runtime.CompilerServices;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Reads signed bytes, which are the codes of int8 weights.</summary>
internal readonly struct Int8Element : IWeightElement
{
    public static int Size => sizeof(sbyte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TLanes, TVector>(ref byte source, nuint index)
        where TLanes : ILanes<TVector>
        where TVector : struct => TLanes.LoadInt8(ref source, index);
}

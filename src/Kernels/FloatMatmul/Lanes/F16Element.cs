using System.Runtime.CompilerServices;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Reads <see cref="FloatType.F16"/> weights.</summary>
internal readonly struct F16Element : IWeightElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TLanes, TVector>(ref byte source, nuint index)
        where TLanes : ILanes<TVector>
        where TVector : struct => TLanes.LoadF16(ref Unsafe.As<byte, ushort>(ref source), index);
}

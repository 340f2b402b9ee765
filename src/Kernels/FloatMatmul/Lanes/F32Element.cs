using System.Runtime.CompilerServices;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Reads <see cref="FloatType.F32"/> weights.</summary>
internal readonly struct F32Element : IWeightElement
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TLanes, TVector>(ref byte source, nuint index)
        where TLanes : ILanes<TVector>
        where TVector : struct => TLanes.Load(ref Unsafe.As<byte, float>(ref source), index);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>Four fields a step.</summary>
internal readonly struct Fields128 : IFieldStep<Vector128<int>, Vector128<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(ref byte source, nuint index) => Vector128.LoadUnsafe(ref source, index).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> SignInt4(Vector128<int> lanes) => lanes ^ Vector128.Create((byte)0x88).AsInt32();

    // The low bit turns; the high bit is set where both were clear. The shift by one puts each low bit beside its high bit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> SignTernary(Vector128<int> lanes)
    {
        Vector128<int> lowBits = Vector128.Create((byte)0x55).AsInt32();
        return Vector128.AndNot(lowBits, lanes) | Vector128.AndNot(~lowBits, lanes | (lanes << 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Field(Vector128<int> lanes, int firstBit, int bits) => Vector128.ConvertToSingle((lanes << (32 - bits - firstBit)) >> (32 - bits));
}

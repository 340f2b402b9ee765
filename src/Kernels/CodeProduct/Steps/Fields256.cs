using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>Eight fields a step.</summary>
internal readonly struct Fields256 : IFieldStep<Vector256<int>, Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(ref byte source, nuint index) => Vector256.LoadUnsafe(ref source, index).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SignInt4(Vector256<int> lanes) => lanes ^ Vector256.Create((byte)0x88).AsInt32();

    // The low bit turns; the high bit is set where both were clear. The shift by one puts each low bit beside its high bit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SignTernary(Vector256<int> lanes)
    {
        Vector256<int> lowBits = Vector256.Create((byte)0x55).AsInt32();
        return Vector256.AndNot(lowBits, lanes) | Vector256.AndNot(~lowBits, lanes | (lanes << 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Field(Vector256<int> lanes, int firstBit, int bits) => Vector256.ConvertToSingle((lanes << (32 - bits - firstBit)) >> (32 - bits));
}

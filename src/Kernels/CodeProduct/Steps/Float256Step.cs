using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>Eight numbers a step with 256-bit vectors.</summary>
internal readonly struct Float256Step : IFieldStep<Vector256<int>, Vector256<float>>
{
    public static string Name => "avx2";

    public static int Width => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref readonly float source, nuint index) => Vector256.LoadUnsafe(in source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, ref float destination, nuint index) => values.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) => Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> values) => Vector256.Sum(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadLanes(ref readonly byte source, nuint index) => Vector256.LoadUnsafe(in source, index).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SignInt4(Vector256<int> lanes) => lanes ^ Vector256.Create((byte)0x88).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> SignTernary(Vector256<int> lanes)
    {
        Vector256<int> lowBits = Vector256.Create((byte)0x55).AsInt32();
        return Vector256.AndNot(lowBits, lanes) | Vector256.AndNot(~lowBits, lanes | (lanes << 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Field(Vector256<int> lanes, int firstBit, int bits) => Vector256.ConvertToSingle((lanes << (32 - bits - firstBit)) >> (32 - bits));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>Four numbers a step with 128-bit vectors.</summary>
internal readonly struct Float128Step : IFieldStep<Vector128<int>, Vector128<float>>
{
    public static string Name => Vector128ByteStep.Name;

    public static int Width => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref readonly float source, nuint index) => Vector128.LoadUnsafe(in source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> values, ref float destination, nuint index) => values.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) => Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> values) => Vector128.Sum(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadLanes(ref readonly byte source, nuint index) => Vector128.LoadUnsafe(in source, index).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> SignInt4(Vector128<int> lanes) => lanes ^ Vector128.Create((byte)0x88).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> SignTernary(Vector128<int> lanes)
    {
        Vector128<int> lowBits = Vector128.Create((byte)0x55).AsInt32();
        return Vector128.AndNot(lowBits, lanes) | Vector128.AndNot(~lowBits, lanes | (lanes << 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Field(Vector128<int> lanes, int firstBit, int bits) => Vector128.ConvertToSingle((lanes << (32 - bits - firstBit)) >> (32 - bits));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Eight lanes in a 256-bit vector.</summary>
internal readonly struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nuint index) => Vector256.LoadUnsafe(ref source, index);

    // A half is sign, 5 exponent bits (bias 15), 10 fraction bits; a float has 8 exponent bits (bias 127) and 23. Moving the exponent and the fraction up
    // by 13 bits and adding 127 - 15 to the exponent widens every normal number. Infinity and NaN need the same again to reach
    // the all-ones exponent. A subnormal m · 2^-24 is found as (2^-14 + m · 2^-24) - 2^-14, which is exact and touches no float subnormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadF16(ref ushort source, nuint index)
    {
        Vector256<int> bits = Widen(ref source, index);
        Vector256<int> magnitude = (bits & Vector256.Create(0x7FFF)) << 13;
        Vector256<int> rebias = Vector256.Create((127 - 15) << 23);
        Vector256<int> smallestNormal = Vector256.Create((127 - 14) << 23);
        Vector256<int> normal = magnitude + rebias;
        Vector256<int> special = normal + (Vector256.GreaterThan(magnitude, Vector256.Create(0x7BFF << 13)) & rebias);
        Vector256<int> subnormal = ((magnitude + smallestNormal).AsSingle() - smallestNormal.AsSingle()).AsInt32();
        Vector256<int> widened = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(0x0400 << 13)), subnormal, special);
        return (widened | ((bits & Vector256.Create(0x8000)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBF16(ref ushort source, nuint index) => (Widen(ref source, index) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> lanes, ref float destination, nuint index) => lanes.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) => Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> lanes) => Vector256.Sum(lanes);

    // Lane i holds the sixteen bits of element i, zero-extended. The portable API has no single instruction for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(ref ushort source, nuint index)
    {
        Vector128<ushort> eight = Vector128.LoadUnsafe(ref source, index);
        return Avx2.IsSupported ? Avx2.ConvertToVector256Int32(eight) : Vector256.Create(Vector128.WidenLower(eight), Vector128.WidenUpper(eight)).AsInt32();
    }
}

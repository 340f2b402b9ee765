using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Sixteen lanes in a 512-bit vector.</summary>
internal readonly struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nuint index) => Vector512.LoadUnsafe(ref source, index);

    // A half is sign, 5 exponent bits (bias 15), 10 fraction bits; a float has 8 exponent bits (bias 127) and 23. Moving the exponent and the fraction up
    // by 13 bits and adding 127 - 15 to the exponent widens every normal number. Infinity and NaN need the same again to reach
    // the all-ones exponent. A subnormal m · 2^-24 is found as (2^-14 + m · 2^-24) - 2^-14, which is exact and touches no float subnormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadF16(ref ushort source, nuint index)
    {
        Vector512<int> bits = Widen(ref source, index);
        Vector512<int> magnitude = (bits & Vector512.Create(0x7FFF)) << 13;
        Vector512<int> rebias = Vector512.Create((127 - 15) << 23);
        Vector512<int> smallestNormal = Vector512.Create((127 - 14) << 23);
        Vector512<int> normal = magnitude + rebias;
        Vector512<int> special = normal + (Vector512.GreaterThan(magnitude, Vector512.Create(0x7BFF << 13)) & rebias);
        Vector512<int> subnormal = ((magnitude + smallestNormal).AsSingle() - smallestNormal.AsSingle()).AsInt32();
        Vector512<int> widened = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0x0400 << 13)), subnormal, special);
        return (widened | ((bits & Vector512.Create(0x8000)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBF16(ref ushort source, nuint index) => (Widen(ref source, index) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, ref float destination, nuint index) => lanes.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) => Vector512.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> lanes) => Vector512.Sum(lanes);

    // Lane i holds the sixteen bits of element i, zero-extended. The portable API has no single instruction for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(ref ushort source, nuint index)
    {
        Vector256<ushort> sixteen = Vector256.LoadUnsafe(ref source, index);
        return Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(sixteen) : Vector512.Create(Vector256.WidenLower(sixteen), Vector256.WidenUpper(sixteen)).AsInt32();
    }
}

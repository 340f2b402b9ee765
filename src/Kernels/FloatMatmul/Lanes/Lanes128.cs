using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Four lanes in a 128-bit vector.</summary>
internal readonly struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float source, nuint index) => Vector128.LoadUnsafe(ref source, index);

    // A half is sign, 5 exponent bits (bias 15), 10 fraction bits; a float has 8 exponent bits (bias 127) and 23. Moving the exponent and the fraction up
    // by 13 bits and adding 127 - 15 to the exponent widens every normal number. Infinity and NaN need the same again to reach
    // the all-ones exponent. A subnormal m · 2^-24 is found as (2^-14 + m · 2^-24) - 2^-14, which is exact and touches no float subnormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadF16(ref ushort source, nuint index)
    {
        Vector128<int> bits = Widen(ref source, index);
        Vector128<int> magnitude = (bits & Vector128.Create(0x7FFF)) << 13;
        Vector128<int> rebias = Vector128.Create((127 - 15) << 23);
        Vector128<int> smallestNormal = Vector128.Create((127 - 14) << 23);
        Vector128<int> normal = magnitude + rebias;
        Vector128<int> special = normal + (Vector128.GreaterThan(magnitude, Vector128.Create(0x7BFF << 13)) & rebias);
        Vector128<int> subnormal = ((magnitude + smallestNormal).AsSingle() - smallestNormal.AsSingle()).AsInt32();
        Vector128<int> widened = Vector128.ConditionalSelect(Vector128.LessThan(magnitude, Vector128.Create(0x0400 << 13)), subnormal, special);
        return (widened | ((bits & Vector128.Create(0x8000)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBF16(ref ushort source, nuint index) => (Widen(ref source, index) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> lanes, ref float destination, nuint index) => lanes.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) => Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> lanes) => Vector128.Sum(lanes);

    // Lane i holds the sixteen bits of element i, zero-extended. Four elements are eight bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(ref ushort source, nuint index)
    {
        ulong four = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref source, index)));
        return Vector128.WidenLower(Vector128.CreateScalar(four).AsUInt16()).AsInt32();
    }
}

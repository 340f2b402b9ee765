using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Four lanes in a 128-bit vector.</summary>
internal readonly struct Lanes128 : ILanes<Vector128<float>>
{
    private const float RebiasHalf = 5.192296858534828e33f; // 2^112

    public static string Name => "vector128";

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float source, nuint index) => Vector128.LoadUnsafe(ref source, index);

    // A half is sign, 5 exponent bits (bias 15), 10 fraction bits; a float has 8 exponent bits (bias 127) and 23. Sign-extended and moved up by 13 bits,
    // the sign stands at both ends of its run and the exponent and fraction in their places, so that the float is 2^(15 - 127) times the half: for
    // subnormals and zeros too. The product by 2^112 is exact. Infinity and NaN, all-ones in the half's exponent, then get an all-ones exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadF16(ref ushort source, nuint index)
    {
        Vector128<int> moved = LoadLoweredF16(ref source, index).AsInt32();
        Vector128<int> exponent = Vector128.Create(0x1F << 23);
        Vector128<int> special = Vector128.Equals(moved & exponent, exponent) & Vector128.Create(0xFF << 23);
        return ((moved.AsSingle() * Vector128.Create(RebiasHalf)).AsInt32() | special).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadLoweredF16(ref ushort source, nuint index) => ((Widen(ref source, index) << 13) & Vector128.Create(unchecked((int)0x8FFFE000))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadInt8(ref byte source, nuint index) =>
        Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, index))).AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBF16(ref ushort source, nuint index) => (Widen(ref source, index) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> lanes, ref float destination, nuint index) => lanes.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) => Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LargerMagnitude(Vector128<float> largest, Vector128<float> lanes) => Vector128.MaxNative(largest, Vector128.Abs(lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAnyFrom(Vector128<float> lanes, float limit) => Vector128.GreaterThanOrEqualAny(lanes, Vector128.Create(limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> lanes) => Vector128.Sum(lanes);

    // Lane i holds the sixteen bits of element i, sign-extended. Four elements are eight bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(ref ushort source, nuint index)
    {
        ulong four = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref source, index)));
        return Vector128.WidenLower(Vector128.CreateScalar(four).AsInt16());
    }
}

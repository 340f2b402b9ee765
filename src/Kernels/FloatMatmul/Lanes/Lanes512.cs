using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Sixteen lanes in a 512-bit vector.</summary>
internal readonly struct Lanes512 : ILanes<Vector512<float>>
{
    private const float RebiasHalf = 5.192296858534828e33f; // 2^112

    public static string Name => "avx512";

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nuint index) => Vector512.LoadUnsafe(ref source, index);

    // A half is sign, 5 exponent bits (bias 15), 10 fraction bits; a float has 8 exponent bits (bias 127) and 23. Sign-extended and moved up by 13 bits,
    // the sign stands at both ends of its run and the exponent and fraction in their places, so that the float is 2^(15 - 127) times the half: for
    // subnormals and zeros too. The product by 2^112 is exact. Infinity and NaN, all-ones in the half's exponent, then get an all-ones exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadF16(ref ushort source, nuint index)
    {
        Vector512<int> moved = LoadLoweredF16(ref source, index).AsInt32();
        Vector512<int> exponent = Vector512.Create(0x1F << 23);
        Vector512<int> special = Vector512.Equals(moved & exponent, exponent) & Vector512.Create(0xFF << 23);
        return ((moved.AsSingle() * Vector512.Create(RebiasHalf)).AsInt32() | special).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadLoweredF16(ref ushort source, nuint index) => ((Widen(ref source, index) << 13) & Vector512.Create(unchecked((int)0x8FFFE000))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadInt8(ref byte source, nuint index) =>
        Vector512.ConvertToSingle(WidenBytes(Vector128.LoadUnsafe(ref source, index).AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBF16(ref ushort source, nuint index) => (Widen(ref source, index) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, ref float destination, nuint index) => lanes.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) => Vector512.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LargerMagnitude(Vector512<float> largest, Vector512<float> lanes) => Vector512.MaxNative(largest, Vector512.Abs(lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAnyFrom(Vector512<float> lanes, float limit) => Vector512.GreaterThanOrEqualAny(lanes, Vector512.Create(limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> lanes) => Vector512.Sum(lanes);

    // Lane i holds the sixteen bits of element i, sign-extended. The portable API has no single instruction for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(ref ushort source, nuint index)
    {
        Vector256<short> sixteen = Vector256.LoadUnsafe(ref source, index).AsInt16();
        return Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(sixteen) : Vector512.Create(Vector256.WidenLower(sixteen), Vector256.WidenUpper(sixteen));
    }

    // Lane i holds byte i, sign-extended.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> WidenBytes(Vector128<sbyte> sixteen)
    {
        Vector256<short> shorts = Vector256.Create(Vector128.WidenLower(sixteen), Vector128.WidenUpper(sixteen));
        return Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(sixteen) : Vector512.Create(Vector256.WidenLower(shorts), Vector256.WidenUpper(shorts));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Eight lanes in a 256-bit vector.</summary>
internal readonly struct Lanes256 : ILanes<Vector256<float>>
{
    private const float RebiasHalf = 5.192296858534828e33f; // 2^112

    public static string Name => "avx2";

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nuint index) => Vector256.LoadUnsafe(ref source, index);

    // A half is sign, 5 exponent bits (bias 15), 10 fraction bits; a float has 8 exponent bits (bias 127) and 23. Sign-extended and moved up by 13 bits,
    // the sign stands at both ends of its run and the exponent and fraction in their places, so that the float is 2^(15 - 127) times the half: for
    // subnormals and zeros too. The product by 2^112 is exact. Infinity and NaN, all-ones in the half's exponent, then get an all-ones exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadF16(ref ushort source, nuint index)
    {
        Vector256<int> moved = LoadLoweredF16(ref source, index).AsInt32();
        Vector256<int> exponent = Vector256.Create(0x1F << 23);
        Vector256<int> special = Vector256.Equals(moved & exponent, exponent) & Vector256.Create(0xFF << 23);
        return ((moved.AsSingle() * Vector256.Create(RebiasHalf)).AsInt32() | special).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadLoweredF16(ref ushort source, nuint index) => ((Widen(ref source, index) << 13) & Vector256.Create(unchecked((int)0x8FFFE000))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadInt8(ref byte source, nuint index) =>
        Vector256.ConvertToSingle(WidenBytes(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, index))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBF16(ref ushort source, nuint index) => (Widen(ref source, index) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> lanes, ref float destination, nuint index) => lanes.StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) => Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LargerMagnitude(Vector256<float> largest, Vector256<float> lanes) => Vector256.MaxNative(largest, Vector256.Abs(lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAnyFrom(Vector256<float> lanes, float limit) => Vector256.GreaterThanOrEqualAny(lanes, Vector256.Create(limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> lanes) => Vector256.Sum(lanes);

    // Lane i holds the sixteen bits of element i, sign-extended. The portable API has no single instruction for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(ref ushort source, nuint index)
    {
        Vector128<short> eight = Vector128.LoadUnsafe(ref source, index).AsInt16();
        return Avx2.IsSupported ? Avx2.ConvertToVector256Int32(eight) : WidenInts(eight);
    }

    // Lane i holds byte i, sign-extended.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> WidenBytes(ulong eight)
    {
        Vector128<sbyte> bytes = Vector128.CreateScalar(eight).AsSByte();
        return Avx2.IsSupported ? Avx2.ConvertToVector256Int32(bytes) : WidenInts(Vector128.WidenLower(bytes));
    }

    private static Vector256<int> WidenInts(Vector128<short> eight) => Vector256.Create(Vector128.WidenLower(eight), Vector128.WidenUpper(eight));
}

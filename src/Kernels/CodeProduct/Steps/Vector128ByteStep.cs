using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>16 codes a step with portable 128-bit vectors: x86 without AVX2, Arm, or no vectors at all.</summary>
/// <remarks>Codes widen to 16 bits and multiply there. Two products of codes sum to at most 2 · 127 · 127 = 32258, which 16 bits hold, so the two
/// halves are added before they widen to 32 bits. <see cref="Magnitudes"/> has nothing to do.</remarks>
internal readonly struct Vector128ByteStep : IPackedStep<Vector128<byte>, Vector128<int>, Vector128<float>>
{
    public static string Name => Vector128.IsHardwareAccelerated ? "vector128" : "scalar";

    public static int Width => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(ref byte source, nuint index) => Vector128.LoadUnsafe(ref source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Magnitudes(Vector128<byte> activations) => activations;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sums, Vector128<byte> weights, Vector128<byte> activations, Vector128<byte> magnitudes) =>
        AddHalves(sums, Products(weights, activations));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Raise(Vector128<byte> activations) => activations ^ Vector128.Create((byte)0x80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddSmall(Vector128<int> sums, Vector128<byte> raised, Vector128<byte> weights) => AddHalves(sums, RaisedProducts(raised, weights));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddSmall(Vector128<int> sums, Vector128<byte> raised0, Vector128<byte> weights0, Vector128<byte> raised1, Vector128<byte> weights1) =>
        AddHalves(sums, RaisedProducts(raised0, weights0) + RaisedProducts(raised1, weights1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(Vector128<int> sums) => Vector128.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> totals, Vector128<int> sums, float scale) =>
        Vector128.MultiplyAddEstimate(Vector128.ConvertToSingle(sums), Vector128.Create(scale), totals);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> totals) => Vector128.Sum(totals);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Broadcast(byte value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Field(Vector128<byte> packed, int shift, Vector128<byte> mask) => (packed.AsUInt16() >>> shift).AsByte() & mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector128<byte> fields, Vector128<byte> offset, ref sbyte destination, nuint index) =>
        (fields - offset).AsSByte().StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> And(Vector128<byte> left, Vector128<byte> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> HighHalves(Vector128<byte> packed) => (packed.AsUInt16() >>> 4).AsByte();

    // A part holds eight 16-bit sums. A field is at most 15, so it is the same number as a signed byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddPart(Vector128<int> part, Vector128<byte> fields, Vector128<byte> activations) =>
        (part.AsInt16() + Products(fields, activations)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyPart(Vector128<byte> fields, Vector128<byte> activations) => Products(fields, activations).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddPart(Vector128<int> sums, Vector128<int> part) => AddHalves(sums, part.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Quarter(Vector128<int> sums) => sums >> 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddPlane(Vector128<int> sums, Vector128<int> part, int plane, Vector128<int> weight)
    {
        Vector128<int> widened = AddPart(default, part);
        return plane == 0 ? sums + widened : plane == 1 ? sums + (widened << 8) : sums - (widened << 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PlaneWeight(int plane) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> left, Vector128<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Negate(Vector128<int> sums) => -sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadSums(ref int source, nuint index) => Vector128.LoadUnsafe(ref source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector128<int> sums, ref int destination, nuint index) => sums.StoreUnsafe(ref destination, index);

    // Lane i holds the products of codes i and i + 8.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Products(Vector128<byte> weights, Vector128<byte> activations)
    {
        (Vector128<short> weightsLow, Vector128<short> weightsHigh) = Vector128.Widen(weights.AsSByte());
        (Vector128<short> activationsLow, Vector128<short> activationsHigh) = Vector128.Widen(activations.AsSByte());
        return (weightsLow * activationsLow) + (weightsHigh * activationsHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> RaisedProducts(Vector128<byte> raised, Vector128<byte> weights)
    {
        (Vector128<ushort> raisedLow, Vector128<ushort> raisedHigh) = Vector128.Widen(raised);
        (Vector128<short> weightsLow, Vector128<short> weightsHigh) = Vector128.Widen(weights.AsSByte());
        return (raisedLow.AsInt16() * weightsLow) + (raisedHigh.AsInt16() * weightsHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddHalves(Vector128<int> sums, Vector128<short> products)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(products);
        return sums + low + high;
    }
}

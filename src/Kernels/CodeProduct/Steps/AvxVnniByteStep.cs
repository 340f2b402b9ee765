using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>32 codes a step with AVX-VNNI: <c>vpdpbusd</c> multiplies bytes and adds four products to a 32-bit sum at once.</summary>
/// <remarks>Like vpmaddubsw it wants one unsigned operand, so signs move as in <see cref="Avx2ByteStep"/>; unlike it, it never saturates.</remarks>
internal readonly struct AvxVnniByteStep : IPackedStep<Vector256<byte>, Vector256<int>, Vector256<float>>
{
    public static string Name => "avxvnni";

    public static int Width => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(ref byte source, nuint index) => Vector256.LoadUnsafe(ref source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Magnitudes(Vector256<byte> activations) => Vector256.Abs(activations.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sums, Vector256<byte> weights, Vector256<byte> activations, Vector256<byte> magnitudes) =>
        ByteInstructions.MultiplyAddQuads(sums, magnitudes, ByteInstructions.ApplySign(weights.AsSByte(), activations.AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Raise(Vector256<byte> activations) => activations ^ Vector256.Create((byte)0x80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddSmall(Vector256<int> sums, Vector256<byte> raised, Vector256<byte> weights) => ByteInstructions.MultiplyAddQuads(sums, raised, weights.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddSmall(Vector256<int> sums, Vector256<byte> raised0, Vector256<byte> weights0, Vector256<byte> raised1, Vector256<byte> weights1) =>
        MultiplyAddSmall(MultiplyAddSmall(sums, raised0, weights0), raised1, weights1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(Vector256<int> sums) => Vector256.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> totals, Vector256<int> sums, float scale) =>
        Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(sums), Vector256.Create(scale), totals);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> totals) => Vector256.Sum(totals);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Broadcast(byte value) => Vector256.Create(value);

    // The shift moves 16-bit lanes, because x86 has no shift of bytes; the mask removes what came from the neighbouring byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Field(Vector256<byte> packed, int shift, Vector256<byte> mask) => (packed.AsUInt16() >>> shift).AsByte() & mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreCodes(Vector256<byte> fields, Vector256<byte> offset, ref sbyte destination, nuint index) =>
        (fields - offset).AsSByte().StoreUnsafe(ref destination, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> And(Vector256<byte> left, Vector256<byte> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> HighHalves(Vector256<byte> packed) => (packed.AsUInt16() >>> 4).AsByte();

    // A part holds eight 32-bit sums: the instruction has no smaller ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddPart(Vector256<int> part, Vector256<byte> fields, Vector256<byte> activations) =>
        ByteInstructions.MultiplyAddQuads(part, fields, activations.AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyPart(Vector256<byte> fields, Vector256<byte> activations) => MultiplyAddPart(default, fields, activations);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPart(Vector256<int> sums, Vector256<int> part) => sums + part;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Quarter(Vector256<int> sums) => sums >> 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPlane(Vector256<int> sums, Vector256<int> part, int plane, Vector256<int> weight) =>
        plane == 0 ? sums + part : plane == 1 ? sums + (part << 8) : sums - (part << 15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> PlaneWeight(int plane) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Negate(Vector256<int> sums) => -sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LoadSums(ref int source, nuint index) => Vector256.LoadUnsafe(ref source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector256<int> sums, ref int destination, nuint index) => sums.StoreUnsafe(ref destination, index);
}

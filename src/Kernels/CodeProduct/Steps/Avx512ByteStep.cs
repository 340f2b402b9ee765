using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>64 codes a step with AVX-512BW; what <see cref="Avx2ByteStep"/> says about signs and saturation holds here.</summary>
internal readonly struct Avx512ByteStep : IByteStep<Vector512<byte>, Vector512<int>, Vector512<float>>
{
    public static string Name => "avx512bw";

    public static int Width => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load(ref byte source, nuint index) => Vector512.LoadUnsafe(ref source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Magnitudes(Vector512<byte> activations) => Vector512.Abs(activations.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sums, Vector512<byte> weights, Vector512<byte> activations, Vector512<byte> magnitudes) =>
        sums + ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(magnitudes, ByteInstructions.ApplySign(weights.AsSByte(), activations.AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Raise(Vector512<byte> activations) => activations ^ Vector512.Create((byte)0x80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddSmall(Vector512<int> sums, Vector512<byte> raised, Vector512<byte> weights) =>
        sums + ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(raised, weights.AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddSmall(Vector512<int> sums, Vector512<byte> raised0, Vector512<byte> weights0, Vector512<byte> raised1, Vector512<byte> weights1) =>
        sums + ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(raised0, weights0.AsSByte()) + ByteInstructions.MultiplyAddPairs(raised1, weights1.AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Negate(Vector512<int> sums) => -sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Broadcast(byte value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(Vector512<int> sums) => Vector512.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> totals, Vector512<int> sums, float scale) =>
        Vector512.MultiplyAddEstimate(Vector512.ConvertToSingle(sums), Vector512.Create(scale), totals);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> totals) => Vector512.Sum(totals);
}

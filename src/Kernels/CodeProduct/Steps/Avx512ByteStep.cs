using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>64 codes a step with AVX-512BW; what <see cref="Avx2ByteStep"/> says about signs and saturation holds here.</summary>
internal readonly struct Avx512ByteStep : IByteStep<Vector512<byte>, Vector512<int>, Vector512<float>>
{
    public static string Name => "avx512bw";

    public static int Width => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Load(ref readonly byte source, nuint index) => Vector512.LoadUnsafe(in source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Magnitudes(Vector512<byte> activations) => Vector512.Abs(activations.AsSByte()).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sums, Vector512<byte> weights, Vector512<byte> activations, Vector512<byte> magnitudes) =>
        sums + ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(magnitudes, ByteInstructions.ApplySign(weights.AsSByte(), activations.AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(Vector512<int> sums) => Vector512.Sum(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> totals, Vector512<int> sums, float scale) =>
        Vector512.MultiplyAddEstimate(Vector512.ConvertToSingle(sums), Vector512.Create(scale), totals);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> totals) => Vector512.Sum(totals);
}

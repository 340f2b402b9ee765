using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.Bench.Ceilings;

/// <summary>Loops of multiply-adds on registers alone, with enough independent sums to hide their latency.</summary>
internal static class ArithmeticPeak
{
    private const int Sums = 10;

    /// <summary>Gets the binary32 operations of one round of <see cref="Binary32"/>, two for each multiply-add.</summary>
    public static int Binary32Operations => 2 * Sums * (Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4);

    /// <summary>Gets the int8 operations of one round of <see cref="Int8"/>, two for each multiply-add.</summary>
    public static int Int8Operations => 2 * Sums * (Avx2.IsSupported ? 32 : 16);

    /// <summary>Names the instructions of <see cref="Int8"/>.</summary>
    public static string Int8Name => AvxVnni.IsSupported ? "vpdpbusd, 256-bit" : Avx2.IsSupported ? "vpmaddubsw + vpmaddwd + vpaddd, 256-bit" : "pmaddubsw + pmaddwd + paddd, 128-bit";

    public static float Binary32(int rounds) =>
        Vector512.IsHardwareAccelerated ? Binary32By512(rounds) : Vector256.IsHardwareAccelerated ? Binary32By256(rounds) : Binary32By128(rounds);

    public static int Int8(int rounds) => AvxVnni.IsSupported ? Int8ByVnni(rounds) : Avx2.IsSupported ? Int8By256(rounds) : Int8By128(rounds);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Binary32By512(int rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.5f);
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Vector512.MultiplyAddEstimate(a, x, y), Vector512.MultiplyAddEstimate(b, x, y), Vector512.MultiplyAddEstimate(c, x, y));
            (d, e, f) = (Vector512.MultiplyAddEstimate(d, x, y), Vector512.MultiplyAddEstimate(e, x, y), Vector512.MultiplyAddEstimate(f, x, y));
            (g, h, i, j) = (Vector512.MultiplyAddEstimate(g, x, y), Vector512.MultiplyAddEstimate(h, x, y), Vector512.MultiplyAddEstimate(i, x, y), Vector512.MultiplyAddEstimate(j, x, y));
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Binary32By256(int rounds)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.5f);
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Vector256.MultiplyAddEstimate(a, x, y), Vector256.MultiplyAddEstimate(b, x, y), Vector256.MultiplyAddEstimate(c, x, y));
            (d, e, f) = (Vector256.MultiplyAddEstimate(d, x, y), Vector256.MultiplyAddEstimate(e, x, y), Vector256.MultiplyAddEstimate(f, x, y));
            (g, h, i, j) = (Vector256.MultiplyAddEstimate(g, x, y), Vector256.MultiplyAddEstimate(h, x, y), Vector256.MultiplyAddEstimate(i, x, y), Vector256.MultiplyAddEstimate(j, x, y));
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Binary32By128(int rounds)
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128.Create(0.5f);
        Vector128<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Vector128.MultiplyAddEstimate(a, x, y), Vector128.MultiplyAddEstimate(b, x, y), Vector128.MultiplyAddEstimate(c, x, y));
            (d, e, f) = (Vector128.MultiplyAddEstimate(d, x, y), Vector128.MultiplyAddEstimate(e, x, y), Vector128.MultiplyAddEstimate(f, x, y));
            (g, h, i, j) = (Vector128.MultiplyAddEstimate(g, x, y), Vector128.MultiplyAddEstimate(h, x, y), Vector128.MultiplyAddEstimate(i, x, y), Vector128.MultiplyAddEstimate(j, x, y));
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Int8ByVnni(int rounds)
    {
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<sbyte> y = Vector256.Create((sbyte)-5);
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (AvxVnni.MultiplyWideningAndAdd(a, x, y), AvxVnni.MultiplyWideningAndAdd(b, x, y), AvxVnni.MultiplyWideningAndAdd(c, x, y));
            (d, e, f) = (AvxVnni.MultiplyWideningAndAdd(d, x, y), AvxVnni.MultiplyWideningAndAdd(e, x, y), AvxVnni.MultiplyWideningAndAdd(f, x, y));
            (g, h) = (AvxVnni.MultiplyWideningAndAdd(g, x, y), AvxVnni.MultiplyWideningAndAdd(h, x, y));
            (i, j) = (AvxVnni.MultiplyWideningAndAdd(i, x, y), AvxVnni.MultiplyWideningAndAdd(j, x, y));
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j);
    }

    // The operands depend on the sums, so that no product can be taken out of the loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Int8By256(int rounds)
    {
        Vector256<sbyte> y = Vector256.Create((sbyte)-5);
        Vector256<short> ones = Vector256<short>.One;
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Step(a), Step(b), Step(c));
            (d, e, f) = (Step(d), Step(e), Step(f));
            (g, h, i, j) = (Step(g), Step(h), Step(i), Step(j));
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector256<int> Step(Vector256<int> sum) => sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(sum.AsByte(), y), ones);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Int8By128(int rounds)
    {
        Vector128<sbyte> y = Vector128.Create((sbyte)-5);
        Vector128<short> ones = Vector128<short>.One;
        Vector128<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default, i = default, j = default;
        for (int n = 0; n < rounds; n++)
        {
            (a, b, c) = (Step(a), Step(b), Step(c));
            (d, e, f) = (Step(d), Step(e), Step(f));
            (g, h, i, j) = (Step(g), Step(h), Step(i), Step(j));
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector128<int> Step(Vector128<int> sum) =>
            sum + (Ssse3.IsSupported ? Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(sum.AsByte(), y), ones) : Vector128.Dot(sum.AsSByte(), y) * Vector128<int>.One);
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Writes a token of floats as 23-bit integers in three planes of signed bytes, so that byte instructions can multiply it.</summary>
/// <remarks>
/// <para><c>token[c] = step · (plane0[c] + 256 · plane1[c] − 32768 · plane2[c])</c> with an error of at most half a step, where the step is a power of
/// two and at most 1.01 · 2⁻²¹ times the largest magnitude. All three factors are 16-bit numbers, so that <c>vpmaddwd</c> can weight the planes while it widens their sums.</para>
/// <para>The error is the same for every entry, so it matters where one entry dwarfs the others, as a massive activation does. A token is refused
/// when its largest magnitude exceeds <see cref="LargestRatio"/> times the mean magnitude, when an entry is not finite, and when it is all zero or too small to scale.</para>
/// </remarks>
internal static class FixedPoint
{
    /// <summary>Planes of a token.</summary>
    public const int Planes = 3;

    /// <summary>What one of plane 1 counts.</summary>
    public const int Weight1 = 256;

    /// <summary>What one of plane 2 counts.</summary>
    public const int Weight2 = -32768;

    /// <summary>The largest integer whose digits are −128…127 in plane 0, −64…63 in plane 1 and −127…127 in plane 2.</summary>
    public const int Largest = (127 * 32768) + (63 * 256) + 127;

    private const int Quad = WeightPacking.QuadColumns;
    private const int SmallestExponent = -100;

    /// <summary>Computes the largest magnitude over the mean magnitude up to which a token is taken: 1/16 of the columns, but for the hundredth part by which a step may be larger.</summary>
    /// <remarks>Half a step is then at most <c>columns · 2⁻²⁶</c> times the mean, a quarter of what a binary32 sum of so many products may err.</remarks>
    public static float LargestRatio(int columns) => 0.985f / 16 * columns;

    /// <summary>Whether rows are whole quads, and long enough for the error of a half step to drown in that of a float sum.</summary>
    public static bool Suits(int columns) => columns >= 4 * Quad && columns % Quad == 0;

    /// <summary>Splits a token, or refuses it.</summary>
    /// <param name="token">Activations, 0 at preserved channels. Shape <c>[columns]</c>, a multiple of 128.</param>
    /// <param name="planes">Receives plane 0, 1 and 2, in pieces of 128 columns.</param>
    /// <param name="quadStride">Bytes from 128 columns of a plane to the next.</param>
    /// <param name="planeStride">Bytes from one plane to the next.</param>
    /// <param name="step">Receives the value of 1.</param>
    public static bool TrySplit(ReadOnlySpan<float> token, Span<sbyte> planes, int quadStride, int planeStride, out float step)
    {
        Debug.Assert(token.Length % Quad == 0);
        bool isTaken = TryScale(token, out float scale);
        step = 1 / scale;
        if (isTaken)
        {
            Split(token, planes, quadStride, planeStride, scale);
        }

        return isTaken;
    }

    /// <summary>Finds what a token is multiplied by before it is rounded to integers, a power of two; or refuses it.</summary>
    /// <param name="token">Activations, 0 at preserved channels. Shape <c>[columns]</c>, a multiple of 32.</param>
    /// <param name="scale">Receives the factor; 1 for a token that is refused.</param>
    public static bool TryScale(ReadOnlySpan<float> token, out float scale)
    {
        (float absMax, float sum) = Magnitudes(token);
        scale = 1;
        if (!float.IsFinite(sum) || absMax > LargestRatio(token.Length) * (sum / token.Length) || MathF.ILogB(absMax) < SmallestExponent)
        {
            return false;
        }

        int exponent = 21 - MathF.ILogB(absMax);
        exponent -= MathF.ScaleB(absMax, exponent) > Largest ? 1 : 0;
        scale = MathF.ScaleB(1, exponent);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Split(ReadOnlySpan<float> token, Span<sbyte> planes, int quadStride, int planeStride, float factor)
    {
        Vector256<float> scale = Vector256.Create(factor);
        ref float source = ref MemoryMarshal.GetReference(token);
        ref sbyte destination = ref MemoryMarshal.GetReference(planes);
        for (nuint c = 0; c < (nuint)token.Length; c += 32)
        {
            Vector256<int> integers0 = Round(ref source, c, scale), integers1 = Round(ref source, c + 8, scale);
            Vector256<int> integers2 = Round(ref source, c + 16, scale), integers3 = Round(ref source, c + 24, scale);
            nuint first = (c / Quad * (nuint)quadStride) + (c % Quad), second = first + (nuint)planeStride, third = second + (nuint)planeStride;

            // Raised by 128 and 64 · 256, the digits are unsigned: 8 bits, 7 bits, and the rest with its sign. Narrowing keeps the low bits.
            Vector256<int> raised = Vector256.Create(128 + (64 * Weight1));
            (integers0, integers1, integers2, integers3) = (integers0 + raised, integers1 + raised, integers2 + raised, integers3 + raised);
            Vector256<short> low0 = Vector256.Narrow(integers0, integers1), low1 = Vector256.Narrow(integers2, integers3);
            Vector256<short> top0 = Vector256.Narrow(integers0 >> 15, integers1 >> 15), top1 = Vector256.Narrow(integers2 >> 15, integers3 >> 15);
            (Vector256.Narrow(low0, low1) ^ Vector256.Create(sbyte.MinValue)).StoreUnsafe(ref destination, first);
            ((Vector256.Narrow(low0 >>> 8, low1 >>> 8) & Vector256.Create((sbyte)127)) - Vector256.Create((sbyte)64)).StoreUnsafe(ref destination, second);
            (-Vector256.Narrow(top0, top1)).StoreUnsafe(ref destination, third);
        }
    }

    // The instruction rounds to even; the portable conversion truncates and guards against overflow, which the exponent excludes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(ref float source, nuint c, Vector256<float> scale)
    {
        Vector256<float> scaled = Vector256.LoadUnsafe(ref source, c) * scale;
        return Avx.IsSupported ? Avx.ConvertToVector256Int32(scaled) : Vector256.ConvertToInt32(Vector256.Round(scaled));
    }

    /// <summary>Computes the largest magnitude and the sum of magnitudes; the sum is not finite if an entry is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float AbsMax, float Sum) Magnitudes(ReadOnlySpan<float> token)
    {
        ref float source = ref MemoryMarshal.GetReference(token);
        Vector256<float> largest0 = default, largest1 = default, sums0 = default, sums1 = default, sums2 = default, sums3 = default;
        for (nuint c = 0; c < (nuint)token.Length; c += 32)
        {
            Vector256<float> magnitudes0 = Vector256.Abs(Vector256.LoadUnsafe(ref source, c)), magnitudes1 = Vector256.Abs(Vector256.LoadUnsafe(ref source, c + 8));
            Vector256<float> magnitudes2 = Vector256.Abs(Vector256.LoadUnsafe(ref source, c + 16)), magnitudes3 = Vector256.Abs(Vector256.LoadUnsafe(ref source, c + 24));
            (sums0, sums1, sums2, sums3) = (sums0 + magnitudes0, sums1 + magnitudes1, sums2 + magnitudes2, sums3 + magnitudes3);
            largest0 = Vector256.MaxNative(largest0, Vector256.MaxNative(magnitudes0, magnitudes1));
            largest1 = Vector256.MaxNative(largest1, Vector256.MaxNative(magnitudes2, magnitudes3));
        }

        // MaxNative may lose a NaN, but then the sum is NaN.
        Vector256<float> largest = Vector256.MaxNative(largest0, largest1);
        float absMax = 0;
        for (int lane = 0; lane < 8; lane++)
        {
            absMax = MathF.Max(absMax, largest[lane]);
        }

        return (absMax, Vector256.Sum((sums0 + sums1) + (sums2 + sums3)));
    }
}

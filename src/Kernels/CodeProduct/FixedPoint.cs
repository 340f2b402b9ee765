using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Writes a token of floats as 24-bit integers in three planes of signed bytes, so that byte instructions can multiply it.</summary>
/// <remarks>
/// <para><c>token[c] = step · (65536 · plane2[c] + 256 · plane1[c] + plane0[c])</c> with an error of at most half a step, where the step is a power of
/// two and at most 2⁻²¹ times the largest magnitude.</para>
/// <para>The error is the same for every entry, so it matters where one entry dwarfs the others, as a massive activation does. A token is refused
/// when its largest magnitude exceeds <see cref="LargestRatio"/> times the mean magnitude, when an entry is not finite, and when it is all zero or too small to scale.</para>
/// </remarks>
internal static class FixedPoint
{
    /// <summary>The largest magnitude over the mean magnitude up to which a token is taken. Half a step is then at most 2⁻¹⁷ times the mean.</summary>
    public const float LargestRatio = 32;

    /// <summary>The largest integer whose digits, each −128…127, fit three bytes.</summary>
    private const float Largest = (127 * 65536) + (127 * 256) + 127;

    private const int SmallestExponent = -100;

    /// <summary>Splits a token, or refuses it.</summary>
    /// <param name="token">Activations, 0 at preserved channels. Shape <c>[columns]</c>, a multiple of 32.</param>
    /// <param name="planes">Receives plane 0, 1 and 2. Shape <c>[3, columns]</c>.</param>
    /// <param name="step">Receives the value of 1.</param>
    public static bool TrySplit(ReadOnlySpan<float> token, Span<sbyte> planes, out float step)
    {
        (float absMax, float sum) = Magnitudes(token);
        step = 1;
        if (!float.IsFinite(sum) || absMax > LargestRatio * (sum / token.Length) || MathF.ILogB(absMax) < SmallestExponent)
        {
            return false;
        }

        int exponent = 22 - MathF.ILogB(absMax);
        exponent -= MathF.ScaleB(absMax, exponent) > Largest ? 1 : 0;
        step = MathF.ScaleB(1, -exponent);
        Vector256<float> scale = Vector256.Create(MathF.ScaleB(1, exponent));
        ref float source = ref MemoryMarshal.GetReference(token);
        ref sbyte destination = ref MemoryMarshal.GetReference(planes);
        nuint columns = (nuint)token.Length;
        for (nuint c = 0; c < columns; c += 32)
        {
            Vector256<int> integers0 = Round(ref source, c, scale), integers1 = Round(ref source, c + 8, scale);
            Vector256<int> integers2 = Round(ref source, c + 16, scale), integers3 = Round(ref source, c + 24, scale);
            for (nuint plane = 0; plane < 3; plane++)
            {
                // Narrowing keeps the low byte, which as a signed byte is a digit -128…127; the rest is what remains after taking it off.
                Vector256.Narrow(Vector256.Narrow(integers0, integers1), Vector256.Narrow(integers2, integers3)).StoreUnsafe(ref destination, (plane * columns) + c);
                (integers0, integers1, integers2, integers3) = (Rest(integers0), Rest(integers1), Rest(integers2), Rest(integers3));
            }
        }

        return true;
    }

    private static Vector256<int> Round(ref float source, nuint c, Vector256<float> scale) =>
        Vector256.ConvertToInt32(Vector256.Round(Vector256.LoadUnsafe(ref source, c) * scale));

    private static Vector256<int> Rest(Vector256<int> integers) => (integers + Vector256.Create(128)) >> 8;

    /// <summary>Computes the largest magnitude and the sum of magnitudes; the sum is not finite if an entry is not.</summary>
    private static (float AbsMax, float Sum) Magnitudes(ReadOnlySpan<float> token)
    {
        ref float source = ref MemoryMarshal.GetReference(token);
        Vector256<float> largest = default, sums = default;
        for (nuint c = 0; c < (nuint)token.Length; c += 8)
        {
            Vector256<float> magnitudes = Vector256.Abs(Vector256.LoadUnsafe(ref source, c));
            largest = Vector256.Max(largest, magnitudes);
            sums += magnitudes;
        }

        float absMax = 0;
        for (int lane = 0; lane < 8; lane++)
        {
            absMax = MathF.Max(absMax, largest[lane]);
        }

        return (absMax, Vector256.Sum(sums));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Models.Numerics;

/// <summary>The sums that softmax divides by. Exponentials are binary32, to 2 units in the last place; sums are binary64 in a fixed order.</summary>
/// <remarks>A NaN, or a largest value that is infinite, makes the sum NaN. The bits do not depend on where the values lie in memory.</remarks>
public static class Softmax
{
    private static int Lanes => Vector256<float>.Count;

    /// <summary>Finds the largest value. NaN are passed over; −∞ if there is nothing else.</summary>
    /// <param name="values">Shape <c>[count]</c>.</param>
    public static float Largest(ReadOnlySpan<float> values)
    {
        ref float x = ref MemoryMarshal.GetReference(values);
        Vector256<float> even = Vector256.Create(float.NegativeInfinity);
        Vector256<float> odd = even;
        nuint i = 0;
        for (; i + (2 * (nuint)Lanes) <= (nuint)values.Length; i += 2 * (nuint)Lanes)
        {
            even = Larger(Vector256.LoadUnsafe(ref x, i), even);
            odd = Larger(Vector256.LoadUnsafe(ref x, i + (nuint)Lanes), odd);
        }

        even = Larger(odd, even);
        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < Lanes; lane++)
        {
            largest = even[lane] > largest ? even[lane] : largest;
        }

        for (; i < (nuint)values.Length; i++)
        {
            largest = values[(int)i] > largest ? values[(int)i] : largest;
        }

        return largest;
    }

    /// <summary>Computes <c>Σ e^(values[i] − largest)</c>.</summary>
    /// <param name="values">Shape <c>[count]</c>.</param>
    /// <param name="largest">The largest of them, so that no summand overflows.</param>
    public static double Sum(ReadOnlySpan<float> values, float largest)
    {
        ref float x = ref MemoryMarshal.GetReference(values);
        Vector256<float> shift = Vector256.Create(largest);
        Vector256<double> lower = default;
        Vector256<double> upper = default;
        nuint i = 0;
        for (; i + (nuint)Lanes <= (nuint)values.Length; i += (nuint)Lanes)
        {
            Add(VectorExponential.Of(Vector256.LoadUnsafe(ref x, i) - shift), ref lower, ref upper);
        }

        if (i < (nuint)values.Length)
        {
            Add(VectorExponential.Of(Rest(values[(int)i..]) - shift), ref lower, ref upper);
        }

        return SumLanes(lower + upper);
    }

    /// <summary>Puts <c>e^(scale · (values[i] − largest))</c> in the place of every value, and returns the sum of what it put there.</summary>
    /// <param name="values">Scores. Shape <c>[count]</c>.</param>
    /// <param name="largest">The largest of them, or a larger number.</param>
    /// <param name="scale">What scores are multiplied by, positive.</param>
    internal static double Exponentiate(Span<float> values, float largest, float scale)
    {
        ref float x = ref MemoryMarshal.GetReference(values);
        Vector256<float> shift = Vector256.Create(largest);
        Vector256<double> lower = default;
        Vector256<double> upper = default;
        nuint i = 0;
        for (; i + (nuint)Lanes <= (nuint)values.Length; i += (nuint)Lanes)
        {
            Vector256<float> exponential = VectorExponential.Of((Vector256.LoadUnsafe(ref x, i) - shift) * scale);
            exponential.StoreUnsafe(ref x, i);
            Add(exponential, ref lower, ref upper);
        }

        if (i < (nuint)values.Length)
        {
            Span<float> rest = values[(int)i..];
            Vector256<float> exponential = VectorExponential.Of((Rest(rest) - shift) * scale);
            for (int lane = 0; lane < rest.Length; lane++)
            {
                rest[lane] = exponential[lane];
            }

            Add(exponential, ref lower, ref upper);
        }

        return SumLanes(lower + upper);
    }

    /// <summary>The larger of two numbers; the second where the first is NaN. (Vector256.Max takes several instructions to give the NaN instead.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Larger(Vector256<float> first, Vector256<float> second) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(first, second), first, second);

    /// <summary>Fewer than eight values, and −∞ in the other lanes, whose exponentials are 0.</summary>
    private static Vector256<float> Rest(ReadOnlySpan<float> values)
    {
        Span<float> padded = stackalloc float[Lanes];
        padded.Fill(float.NegativeInfinity);
        values.CopyTo(padded);
        return Vector256.Create<float>(padded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<float> summands, ref Vector256<double> lower, ref Vector256<double> upper)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(summands);
        lower += low;
        upper += high;
    }

    private static double SumLanes(Vector256<double> lanes) => (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Which operands may be multiplied as bf16 parts: those whose largest magnitude is 0 or lies between 2⁻³² and 2⁵³.</summary>
/// <remarks>
/// <para>Above, sums of parts could overflow where the whole product does not, and infinity and NaN have no parts. Below, tile products lose what falls under 2⁻¹²⁶, because
/// they count subnormals as 0. Within, a token's largest value times a row's largest weight is at least 2⁻⁶⁴, so what is lost is at most 2⁻⁶² of that product for each of
/// the sum's products: nothing beside a rounding of binary32.</para>
/// <para>Magnitudes are compared as bits: without its sign, a binary32 number grows with its bits, and NaN exceeds infinity.</para>
/// </remarks>
internal static class SplitRange
{
    private const uint Smallest = (127 - 32) << 23;
    private const uint Largest = (127 + 53) << 23;
    private const uint Magnitude = 0x7FFFFFFF;

    /// <summary>Replaces the largest magnitudes so far by those of some more values, lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Max(Vector512<uint> largest, Vector512<float> values) =>
        Vector512.Max(largest, values.AsUInt32() & Vector512.Create(Magnitude));

    /// <summary>Finds the largest of some magnitudes.</summary>
    public static uint Max(Vector512<uint> largest)
    {
        Vector256<uint> eight = Vector256.Max(largest.GetLower(), largest.GetUpper());
        Vector128<uint> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        return Math.Max(Math.Max(four[0], four[1]), Math.Max(four[2], four[3]));
    }

    /// <summary>Whether operands with this largest magnitude, as bits, may be split.</summary>
    public static bool Contains(uint largest) => largest == 0 || (largest >= Smallest && largest <= Largest);
}

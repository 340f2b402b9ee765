using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Training.Numerics;

/// <summary>Sums of products whose bits depend on the values alone, not on their address.</summary>
internal static class FixedOrder
{
    private static int Lanes => Vector256<float>.Count;

    /// <summary>Computes <c>Σ left[i] · right[i]</c>. Lane i of the sum holds the products whose index is i modulo 8.</summary>
    public static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        ref float x = ref MemoryMarshal.GetReference(left), y = ref MemoryMarshal.GetReference(right);
        Vector256<float> sum = default;
        nuint i = 0, length = (nuint)left.Length;
        for (; i + (nuint)Lanes <= length; i += (nuint)Lanes)
        {
            sum = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref x, i), Vector256.LoadUnsafe(ref y, i), sum);
        }

        float total = Sum(sum);
        for (; i < length; i++)
        {
            total += left[(int)i] * right[(int)i];
        }

        return total;
    }

    /// <summary>Adds eight lanes up, always in the same order.</summary>
    public static float Sum(Vector256<float> lanes)
    {
        Vector128<float> four = lanes.GetLower() + lanes.GetUpper();
        return (four[0] + four[1]) + (four[2] + four[3]);
    }
}

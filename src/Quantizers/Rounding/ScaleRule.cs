namespace OutlierQuant.Quantizers.Rounding;

/// <summary>The rule for scales that are too small to divide by.</summary>
internal static class ScaleRule
{
    private const float SmallestNormal = 1.17549435E-38f;

    /// <summary>Returns the scale, or 1 where it is below the smallest normal binary32 number, as it is for values that are all zero.</summary>
    /// <remarks>A subnormal step has too few bits to keep <c>|value − scale · code| ≤ scale / 2</c>; with step 1 every code is 0, which does.</remarks>
    public static float OneIfSubnormal(float scale) => scale < SmallestNormal ? 1 : scale;
}

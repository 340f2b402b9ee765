using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Adds up what the lanes of a warp hold, in an order that depends on the width of the warp alone. Every lane receives the sum.</summary>
internal static class WarpSum
{
    public static int Of(int value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        return value;
    }

    public static float Of(float value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        return value;
    }

    /// <summary>Returns the largest instead of the sum.</summary>
    public static int Largest(int value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value = IntrinsicMath.Max(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }
}

using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Combines what the lanes of a warp hold, in an order that depends on the width of the warp alone. Every lane receives the result.</summary>
internal static class WarpReduction
{
    public static int Sum(int value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        return value;
    }

    public static float Sum(float value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        return value;
    }

    public static int Max(int value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value = IntrinsicMath.Max(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }
}

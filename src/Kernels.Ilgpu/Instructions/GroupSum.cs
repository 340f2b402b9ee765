using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Adds up what the threads of a group hold, in an order that depends on the shape of the group alone. Group <c>[warp size, warps]</c>.</summary>
internal static class GroupSum
{
    /// <summary>The most warps of a group.</summary>
    public const int MostWarps = 64;

    /// <summary>Adds up. Every thread of the group calls it, and receives the sum.</summary>
    /// <param name="value">What a thread holds.</param>
    /// <param name="warps">Shared memory. Shape <c>[MostWarps]</c>.</param>
    public static float Of(float value, ArrayView<float> warps)
    {
        value = WarpReduction.Sum(value);
        if (Group.IdxX == 0)
        {
            warps[Group.IdxY] = value;
        }

        Group.Barrier();
        float sum = 0;
        for (int i = 0; i < Group.DimY; i++)
        {
            sum += warps[i];
        }

        Group.Barrier();
        return sum;
    }
}

namespace OutlierQuant.Testing;

/// <summary>One warp's <c>mma.sync</c> on plain arrays: which element of the operands each register of each lane holds, and the product.</summary>
/// <remarks>PTX ISA, "Matrix Fragments for mma.m16n8k32" and "Matrix Fragments for mma.m16n8k16 with floating point type". Registers are words; the first index is the lane, 0 to 31.</remarks>
public static class TensorCoreEmulator
{
    /// <summary>Multiplies signed bytes, <c>m16n8k32.row.col.s32.s8.s8.s32</c>.</summary>
    /// <param name="a">16 × 32 by rows. Shape <c>[32, 4]</c>, four bytes a register.</param>
    /// <param name="b">32 × 8 by columns. Shape <c>[32, 2]</c>, four bytes a register.</param>
    /// <param name="c">Receives what it holds plus the product, 16 × 8. Shape <c>[32, 4]</c>.</param>
    public static void MultiplyInt8(uint[,] a, uint[,] b, int[,] c)
    {
        int[,] left = new int[16, 32], right = new int[32, 8];
        for (int lane = 0; lane < 32; lane++)
        {
            (int group, int thread) = (lane / 4, lane % 4);
            for (int i = 0; i < 16; i++)
            {
                int row = i is < 4 or (>= 8 and < 12) ? group : group + 8;
                int column = (thread * 4) + (i & 3) + (i < 8 ? 0 : 16);
                left[row, column] = (sbyte)(a[lane, i / 4] >> (8 * (i & 3)));
            }

            for (int i = 0; i < 8; i++)
            {
                int row = (thread * 4) + (i & 3) + (i < 4 ? 0 : 16);
                right[row, group] = (sbyte)(b[lane, i / 4] >> (8 * (i & 3)));
            }
        }

        ForEachResult((lane, i, row, column) =>
        {
            for (int k = 0; k < 32; k++)
            {
                c[lane, i] += left[row, k] * right[k, column];
            }
        });
    }

    /// <summary>Multiplies binary16 numbers, <c>m16n8k16.row.col.f32.f16.f16.f32</c>; sums are binary64, rounded once.</summary>
    /// <param name="a">16 × 16 by rows. Shape <c>[32, 4]</c>, two numbers a register.</param>
    /// <param name="b">16 × 8 by columns. Shape <c>[32, 2]</c>, two numbers a register.</param>
    /// <param name="c">Receives what it holds plus the product, 16 × 8. Shape <c>[32, 4]</c>.</param>
    public static void MultiplyF16(uint[,] a, uint[,] b, float[,] c)
    {
        double[,] left = new double[16, 16], right = new double[16, 8];
        for (int lane = 0; lane < 32; lane++)
        {
            (int group, int thread) = (lane / 4, lane % 4);
            for (int i = 0; i < 8; i++)
            {
                int row = i is < 2 or 4 or 5 ? group : group + 8;
                int column = (thread * 2) + (i & 1) + (i < 4 ? 0 : 8);
                left[row, column] = Half(a[lane, i / 2], i & 1);
            }

            for (int i = 0; i < 4; i++)
            {
                int row = (thread * 2) + (i & 1) + (i < 2 ? 0 : 8);
                right[row, group] = Half(b[lane, i / 2], i & 1);
            }
        }

        ForEachResult((lane, i, row, column) =>
        {
            double sum = c[lane, i];
            for (int k = 0; k < 16; k++)
            {
                sum += left[row, k] * right[k, column];
            }

            c[lane, i] = (float)sum;
        });
    }

    // The same map for both: 32-bit results, two neighbouring columns a row.
    private static void ForEachResult(Action<int, int, int, int> action)
    {
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                action(lane, i, (lane / 4) + (i < 2 ? 0 : 8), (lane % 4 * 2) + (i & 1));
            }
        }
    }

    private static double Half(uint register, int index) => (double)BitConverter.UInt16BitsToHalf((ushort)(register >> (16 * index)));
}

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>Instructions that the 32 lanes of a warp execute together, element by element as NVIDIA's "PTX ISA" defines them.</summary>
internal static class PtxWarp
{
    private const int Rows = 16, Features = 8, Columns = 32;

    /// <summary>Four matrices of 8 × 16 bytes: lanes 8i … 8i + 7 give the addresses of the rows of matrix i, and lane l receives word l mod 4 of row l / 4 of each.</summary>
    /// <remarks>Eight rows of a matrix must lie in different banks, or they are read one after the other.</remarks>
    public static Action<PtxLane[]> LoadMatrices(string[] operands, PtxNames names)
    {
        int[] destinations = names.Registers(operands[0]);
        Func<PtxLane, ulong> address = names.Address(operands[1]);
        return lanes =>
        {
            for (int matrix = 0; matrix < 4; matrix++)
            {
                ulong[] rows = [.. lanes.Skip(8 * matrix).Take(8).Select(address)];
                Array.ForEach(rows, static row => PtxMemory.CheckAlignment(row, 16));
                if (rows.Select(static row => row / 16 % 8).Distinct().Count() != 8)
                {
                    throw new PtxException($"ldmatrix: rows at {string.Join(", ", rows)} share banks");
                }

                for (int lane = 0; lane < lanes.Length; lane++)
                {
                    lanes[lane].Registers[destinations[matrix]] = PtxMemory.Read(lanes[lane].Group.SharedAt(rows[lane / 4] + (ulong)(lane % 4 * 4), 4));
                }
            }
        };
    }

    /// <summary>Sums [16, 8] plus A [16, 32] times B [32, 8], of signed bytes.</summary>
    public static Action<PtxLane[]> Multiply(string operation, string[] operands, PtxNames names)
    {
        if (operation != "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32")
        {
            throw new PtxException("unknown to the emulator");
        }

        int[] results = names.Registers(operands[0]), left = names.Registers(operands[1]), right = names.Registers(operands[2]), sums = names.Registers(operands[3]);
        if (results.Where((register, i) => Array.IndexOf(sums, register) is not -1 and int at && at > i).Any())
        {
            throw new PtxException("overwrites a sum that it has yet to read");
        }

        return lanes =>
        {
            // [token][column] and [feature][column].
            sbyte[] a = new sbyte[Rows * Columns], b = new sbyte[Features * Columns];
            for (int lane = 0; lane < lanes.Length; lane++)
            {
                (int group, int inGroup) = (lane / 4, lane % 4);
                for (int i = 0; i < 16; i++)
                {
                    int row = i / 4 % 2 == 0 ? group : group + 8, column = (inGroup * 4) + (i & 3) + (i >= 8 ? 16 : 0);
                    a[(row * Columns) + column] = (sbyte)(lanes[lane].Registers[left[i / 4]] >> (8 * (i & 3)));
                }

                for (int i = 0; i < 8; i++)
                {
                    int column = (inGroup * 4) + (i & 3) + (i >= 4 ? 16 : 0);
                    b[(group * Columns) + column] = (sbyte)(lanes[lane].Registers[right[i / 4]] >> (8 * (i & 3)));
                }
            }

            for (int lane = 0; lane < lanes.Length; lane++)
            {
                ulong[] registers = lanes[lane].Registers;
                for (int i = 0; i < 4; i++)
                {
                    (int row, int feature) = ((lane / 4) + (i < 2 ? 0 : 8), (lane % 4 * 2) + (i & 1));
                    int sum = (int)registers[sums[i]];
                    for (int k = 0; k < Columns; k++)
                    {
                        sum += a[(row * Columns) + k] * b[(feature * Columns) + k];
                    }

                    registers[results[i]] = (uint)sum;
                }
            }
        };
    }
}

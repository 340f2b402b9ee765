using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Copies rows of a float matrix by their numbers.</summary>
internal static class RowLookUp
{
    /// <summary>Looks values up. One thread a value.</summary>
    public static void LookUp(LookUpOperands o)
    {
        long i = Grid.LongGlobalIndex.X;
        if (i >= o.Count)
        {
            return;
        }

        int row = o.Rows[i / o.Columns];
        if (row >= o.FirstRow && row < o.EndRow)
        {
            float value = At(o, ((row - o.FirstRow) * (long)o.Columns) + (i % o.Columns));
            o.Destination[i] = o.IsAdded != 0 ? o.Destination[i] + value : value;
        }
    }

    private static float At(LookUpOperands o, long index)
    {
        if (o.Type == FloatType.F32)
        {
            return o.Table.Cast<float>()[index];
        }

        ushort bits = o.Table.Cast<ushort>()[index];
        return o.Type == FloatType.F16 ? Halves.Widen(bits) : Interop.IntAsFloat((uint)bits << 16);
    }
}

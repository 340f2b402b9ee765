using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Emits how the scales of groups that are fields of a step come to the lanes of their groups.</summary>
internal static class RowScales
{
    /// <summary>Emits the loading of a step's scales, and of no bytes beyond: 64 would nearly always lie on two cache lines.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="shape">The function.</param>
    /// <param name="destination">Receives them, repeated; of the last step once.</param>
    /// <param name="scales">Where they lie.</param>
    /// <param name="isLast">Whether only those that k2 names are there.</param>
    public static void Load(Assembler code, RowCodeShape shape, AssemblerRegisterZMM destination, AssemblerMemoryOperand scales, bool isLast)
    {
        if (isLast)
        {
            code.vmovups(destination.k2.z, __zmmword_ptr[scales]);
            return;
        }

        switch (shape.UnitsPerStep)
        {
            case 1:
                code.vbroadcastsd(destination, __qword_ptr[scales]);
                break;
            case 2:
                code.vbroadcastf32x4(destination, __xmmword_ptr[scales]);
                break;
            default:
                code.vbroadcastf64x4(destination, __ymmword_ptr[scales]);
                break;
        }
    }

    /// <summary>Emits lane indices as data: scale <c>unit</c> in the lanes 0–7, and <c>units + unit</c> in the lanes 8–15.</summary>
    public static void EmitIndices(Assembler code, RowCodeShape shape)
    {
        for (int unit = 0; unit < shape.UnitsPerStep; unit++)
        {
            for (int lane = 0; lane < RowLayout.Lanes; lane++)
            {
                code.dd(unit + (lane < RowLayout.Lanes / 2 ? 0 : shape.UnitsPerStep));
            }
        }
    }
}

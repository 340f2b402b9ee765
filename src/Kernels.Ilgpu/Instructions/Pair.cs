using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Eight bytes of shared memory, which one instruction loads.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Pair
{
    public int A;
    public int B;
}

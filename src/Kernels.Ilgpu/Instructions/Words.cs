using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Sixteen bytes of device memory, which one instruction loads or stores.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Words
{
    /// <summary>Bytes of a <see cref="Words"/>.</summary>
    public const int Bytes = 16;

    public int A;
    public int B;
    public int C;
    public int D;
}

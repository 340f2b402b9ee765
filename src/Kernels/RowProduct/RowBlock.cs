using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>The work of one call of a <see cref="IRowKernel"/>: some blocks of weight rows times the vectors of some tokens.</summary>
/// <remarks>Emitted code reads the fields at their offsets. All memory is native or pinned; activations and starts begin at a cache line.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RowBlock
{
    /// <summary>Packed codes of the first row.</summary>
    public byte* Weights;

    /// <summary>Bytes from one row to the next.</summary>
    public nint RowBytes;

    /// <summary>Scales of the first row; unused where a row is one group.</summary>
    public float* Scales;

    /// <summary>Bytes from the scales of one row to those of the next.</summary>
    public nint ScaleBytes;

    /// <summary>Activations. Shape <c>[steps, fields, vectors, 64]</c>.</summary>
    public sbyte* Activations;

    /// <summary>What integer sums start from. Shape <c>[units, vectors, 16]</c>.</summary>
    public int* Starts;

    /// <summary>Receives the sums: the first row of the first token.</summary>
    public float* Sums;

    /// <summary>Bytes from the sums of one token to those of the next.</summary>
    public nint SumBytes;

    /// <summary>Number of blocks of rows, positive; counted down.</summary>
    public nint Blocks;

    /// <summary>Number of steps of a row.</summary>
    public nint Steps;

    /// <summary>Number of groups of a row.</summary>
    public nint Groups;

    /// <summary>Steps of every group but the last.</summary>
    public nint GroupSteps;

    /// <summary>Steps of the last group.</summary>
    public nint LastGroupSteps;

    /// <summary>One bit for each byte of the last step that is there.</summary>
    public ulong LastBytes;

    /// <summary>One bit for each scale that the last step uses, where groups are fields.</summary>
    public ulong LastScales;

    /// <summary>Bytes from the weights at hand to those that are fetched meanwhile.</summary>
    public nint FetchDistance;

    /// <summary>Bytes by which what is fetched moves on in a step: 64, or less where several calls share the fetching.</summary>
    public nint FetchStep;

    /// <summary>What one of plane 1 counts.</summary>
    public float Weight1;

    /// <summary>What one of plane 2 counts.</summary>
    public float Weight2;
}

using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="RowLookUp"/> reads and writes.</summary>
internal struct LookUpOperands
{
    /// <summary>A matrix as it lies in the checkpoint. Shape <c>[EndRow − FirstRow, Columns]</c> elements.</summary>
    public ArrayView<Words> Table;

    public FloatType Type;

    /// <summary>Numbers of the first row and of the one after the last.</summary>
    public int FirstRow;

    public long EndRow;

    public int Columns;

    /// <summary>Numbers of the rows to look up. Shape <c>[Count / Columns]</c>.</summary>
    public ArrayView<int> Rows;

    /// <summary>Values to write.</summary>
    public long Count;

    /// <summary>1 where rows are added to what stands there, else 0.</summary>
    public int IsAdded;

    /// <summary>Shape <c>[Count / Columns, Columns]</c>.</summary>
    public ArrayView<float> Destination;
}

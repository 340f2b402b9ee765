using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Which row and token a warp computes, where each warp computes one element.</summary>
/// <remarks>Group <c>[warp size, warps]</c>; grid <c>[ceil(rows / warps) · tokens]</c>, rows first: a grid is long in its first dimension only.</remarks>
internal readonly struct RowPlace
{
    public RowPlace(int firstRow, int endRow)
    {
        int groups = (endRow - firstRow + Group.DimY - 1) / Group.DimY;
        Token = Grid.IdxX / groups;
        Asked = firstRow + (Grid.IdxX % groups * Group.DimY) + Group.IdxY;
        Row = IntrinsicMath.Min(Asked, endRow - 1);
    }

    public int Token { get; }

    /// <summary>Gets the row, which may lie behind the last.</summary>
    public int Asked { get; }

    /// <summary>Gets the row that is read: a warp without one repeats the last row, because all warps meet at the shuffles, and stores nothing.</summary>
    public int Row { get; }
}

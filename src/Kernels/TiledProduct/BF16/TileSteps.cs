using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>What one call of a tile kernel multiplies: several pairs of weight tiles by one strip of activations.</summary>
/// <remarks>
/// <para>For every item: <c>C = Σ_p Σ_k A[p, k] · B[p, k]</c> over products <c>p</c> of weight parts and activation parts, in the order of <see cref="Products"/>, and
/// tiles <c>k</c> in order. A[p, k] is two tiles of weights one above the other, 32 rows of 32 columns; B[p, k] two tiles side by side, 32 tokens. C is four tiles:
/// rows 0–15 by tokens 0–15, rows 0–15 by tokens 16–31, then the same for rows 16–31.</para>
/// <para>The emitted code reads these fields at fixed offsets; <c>StructLayout</c> keeps them there.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileSteps
{
    /// <summary>Weight tiles of the first item.</summary>
    public byte* Weights;

    /// <summary>Activation tiles, the same for every item.</summary>
    public byte* Activations;

    /// <summary>Receives four tiles of binary32 an item. Shape <c>[items, 4, 16, 16]</c>.</summary>
    public float* Sums;

    /// <summary>Number of items, positive.</summary>
    public nint Items;

    /// <summary>Bytes from an item's weight tiles to the next item's.</summary>
    public nint ItemStride;

    /// <summary>Tiles of 32 columns, positive.</summary>
    public nint ColumnTiles;

    /// <summary>Byte offsets of each product's first tiles, within an item's weights and within the activations. Shape <c>[productCount, 2]</c>.</summary>
    public nint* Products;

    /// <summary>Number of products, positive.</summary>
    public nint ProductCount;
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>What is left to do with the sums of one token: scales, and the products of the preserved channels.</summary>
internal static class RowScaling
{
    /// <summary>Computes <c>products[i] = scale · (rowScale_i · products[i]) + Σ_j W[i, j] · side[j]</c>; rows of several groups have their scales in the sums already.</summary>
    /// <param name="products">Sums of consecutive rows of one token; receives the products. Shape <c>[rows]</c>.</param>
    /// <param name="scale">The token's scale.</param>
    /// <param name="weights">The whole matrix.</param>
    /// <param name="firstRow">The row of the first product.</param>
    /// <param name="side">The token's preserved channels. Shape <c>[preserved]</c>.</param>
    public static void Finish(Span<float> products, float scale, PackedWeights weights, int firstRow, ReadOnlySpan<float> side)
    {
        ReadOnlySpan<float> rowScales = CodeProductShape.Groups(weights) == 1 ? weights.Scales.Slice(firstRow, products.Length) : default;
        ref float first = ref MemoryMarshal.GetReference(products);
        ref float firstScale = ref MemoryMarshal.GetReference(rowScales);
        int i = 0;
        for (; i + Vector256<float>.Count <= products.Length; i += Vector256<float>.Count)
        {
            var sums = Vector256.LoadUnsafe(ref first, (nuint)i);
            sums = rowScales.IsEmpty ? sums : Vector256.LoadUnsafe(ref firstScale, (nuint)i) * sums;
            (Vector256.Create(scale) * sums).StoreUnsafe(ref first, (nuint)i);
        }

        for (; i < products.Length; i++)
        {
            products[i] = scale * (rowScales.IsEmpty ? products[i] : rowScales[i] * products[i]);
        }

        SideProduct.AddTo(products, weights.PreservedColumns.Slice(firstRow * side.Length, products.Length * side.Length), side);
    }
}

using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Tensor;

/// <summary>What <see cref="FragmentKernels"/> read and write.</summary>
internal struct FragmentOperands
{
    /// <summary>Tiles of 32 tokens and 32 rows, 128 bytes each, as they lie in order. Shape <c>[32, 8]</c> each.</summary>
    public ArrayView<Words> Tokens;
    public ArrayView<Words> Rows;

    /// <summary>Which 32 bytes of columns.</summary>
    public int Slice;

    /// <summary>Receive fragments. Shapes <c>[2, 32]</c> and <c>[4, 32]</c>.</summary>
    public ArrayView<Words> TokenFragments;
    public ArrayView<Pair> RowFragments;

    /// <summary>Receives the products of integers and of floats. Shape <c>[2, 32 tokens, 32 rows]</c>.</summary>
    public ArrayView<float> Products;
}

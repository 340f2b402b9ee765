using System.Runtime.CompilerServices;
using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>A tile of operands in shared memory, 128 bytes a row, and what each lane of a warp takes of it for <c>mma.sync</c>.</summary>
/// <remarks>
/// <para>The instruction multiplies 16 tokens by 8 rows of weights over 32 bytes of columns. With <c>g = lane / 4</c> and <c>q = lane % 4</c>, a lane holds of the tokens the words
/// <c>q</c> and <c>q + 4</c> of the tokens <c>g</c> and <c>g + 8</c>, of the weights the words <c>q</c> and <c>q + 4</c> of row <c>g</c>, and of the products those of the tokens <c>g</c> and
/// <c>g + 8</c> with the rows <c>2q</c> and <c>2q + 1</c> (PTX ISA, "Matrix Fragments for mma.m16n8k32" and "…m16n8k16").</para>
/// <para>A sum does not care which columns meet, as long as both operands agree. So a lane takes the words <c>2q</c> and <c>2q + 1</c>, which one load brings.</para>
/// <para>Lanes of four rows load at a time. All rows begin at the same bank, so the four slices of a row are stored in an order that differs among four neighbouring rows.</para>
/// </remarks>
internal static class TensorFragments
{
    /// <summary>Bytes of a row of the tile: four slices of 32.</summary>
    public const int RowBytes = 128;

    /// <summary>Words of 16 bytes of a row.</summary>
    public const int RowWords = RowBytes / Words.Bytes;

    /// <summary>Computes where 16 bytes of the tile lie.</summary>
    /// <param name="row">Row of the tile.</param>
    /// <param name="word">Which 16 bytes of the row, 0 to 7.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int row, int word) => (row * RowWords) + (2 * ((word / 2) ^ (row & 3))) + (word & 1);

    /// <summary>Loads a lane's part of 16 tokens.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="first">First of the tokens, a multiple of 4.</param>
    /// <param name="slice">Which 32 bytes of columns, 0 to 3.</param>
    /// <param name="lane">Lane.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Tokens(ArrayView<Words> tile, int first, int slice, int lane)
    {
        Pair upper = Weights(tile, first, slice, lane), lower = Weights(tile, first + 8, slice, lane);
        return new Words { A = upper.A, B = lower.A, C = upper.B, D = lower.B };
    }

    /// <summary>Loads a lane's part of 8 rows of weights.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="first">First of the rows, a multiple of 4.</param>
    /// <param name="slice">Which 32 bytes of columns, 0 to 3.</param>
    /// <param name="lane">Lane.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair Weights(ArrayView<Words> tile, int first, int slice, int lane)
    {
        int row = first + (lane / 4), q = lane % 4;
        return tile.Cast<Pair>()[(2 * Place(row, (2 * slice) + (q / 2))) + (q % 2)];
    }
}

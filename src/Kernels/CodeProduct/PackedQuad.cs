using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>128 columns of a packed row: four slices of 32 columns, as <see cref="WeightPacking"/> lays them out.</summary>
internal static class PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>
    where TPacking : struct, IPacking
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Slice = WeightPacking.SliceColumns;

    /// <summary>Adds four slices to one vector of sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums Add(TSums sums, ref byte packed, ref byte activations)
    {
        sums = AddQuadPart(sums, ref packed, ref activations, 0);
        return TStep.Width == Slice ? sums : AddQuadPart(sums, ref packed, ref activations, (nuint)TStep.Width);
    }

    /// <summary>Adds one vector of each of four slices: all of a slice, or its half that starts at <paramref name="i"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddQuadPart(TSums sums, ref byte packed, ref byte activations, nuint i)
    {
        if (TPacking.Bits == 8)
        {
            sums = AddSigned(sums, ref packed, ref activations, i);
            sums = AddSigned(sums, ref packed, ref activations, i + Slice);
            sums = AddSigned(sums, ref packed, ref activations, i + (2 * Slice));
            return AddSigned(sums, ref packed, ref activations, i + (3 * Slice));
        }

        return TStep.MultiplyAddFields(
            sums,
            Field(ref packed, i, 0), TStep.Load(ref activations, i),
            Field(ref packed, i, 1), TStep.Load(ref activations, i + Slice),
            Field(ref packed, i, 2), TStep.Load(ref activations, i + (2 * Slice)),
            Field(ref packed, i, 3), TStep.Load(ref activations, i + (3 * Slice)));
    }

    /// <summary>Adds one vector of slice 0 to 3: all of it, or its half that starts at <paramref name="i"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums AddSlicePart(TSums sums, int slice, ref byte packed, ref byte activations, nuint i)
    {
        nuint column = (nuint)(slice * Slice) + i;
        return TPacking.Bits == 8
            ? AddSigned(sums, ref packed, ref activations, column)
            : TStep.MultiplyAddFields(sums, Field(ref packed, i, slice), TStep.Load(ref activations, column));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddSigned(TSums sums, ref byte codes, ref byte activations, nuint column)
    {
        TBytes token = TStep.Load(ref activations, column);
        return TStep.MultiplyAdd(sums, TStep.Load(ref codes, column), token, TStep.Magnitudes(token));
    }

    /// <summary>Takes slice 0 to 3 out of a quad: int4 has two slices in each of two blocks, ternary four in one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TBytes Field(ref byte packed, nuint index, int slice)
    {
        int perByte = 8 / TPacking.Bits;
        nuint block = (nuint)(slice / perByte * WeightPacking.BlockBytes);
        return TStep.Field(TStep.Load(ref packed, index + block), slice % perByte * TPacking.Bits, TStep.Broadcast((byte)((1 << TPacking.Bits) - 1)));
    }
}

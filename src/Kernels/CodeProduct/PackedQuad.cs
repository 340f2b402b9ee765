using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>128 columns of a packed row: four slices of 32 columns, as <see cref="WeightPacking"/> lays them out, times 128 activations.</summary>
/// <remarks>
/// <para>Int4 and ternary products go to a part first, whose sums may have 16 bits: widening them costs as much as the products of a slice.</para>
/// <para>Ternary slices 1 and 3 are masked where they stand in the byte, four times too large, and have a part of their own. That saves two shifts of three.</para>
/// </remarks>
internal static class PackedQuad<TPacking, TStep, TBytes, TSums, TFloats>
    where TPacking : struct, IPacking
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    public const int Columns = WeightPacking.QuadColumns;

    private const int Slice = WeightPacking.SliceColumns;
    private const int Block = WeightPacking.BlockBytes;

    /// <summary>Gets the bytes of a quad.</summary>
    public static nuint Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (nuint)(Columns * TPacking.Bits / 8);
    }

    /// <summary>Gets the quads after which a part must be widened.</summary>
    /// <remarks>Two products share a place. Int4: 8 vectors of fields up to 15 give at most 8 · 2 · 15 · 127 = 30480. Ternary: a part gets half of the
    /// vectors; 16 of fields up to 4 · 2 give at most 16 · 2 · 8 · 127 = 32512.</remarks>
    public static nuint PerPart
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (nuint)((TPacking.Bits == 4 ? 2 : 8) * TStep.Width / Slice);
    }

    /// <summary>Adds quads to 32-bit sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums Add(TSums sums, ref byte packed, ref byte activations, nuint quads)
    {
        if (TPacking.Bits == 8)
        {
            for (; quads > 0; quads--)
            {
                Prefetch.Ahead(ref packed);
                Prefetch.Ahead(ref Unsafe.Add(ref packed, Bytes / 2));
                sums = AddSigned(sums, ref packed, ref activations);
                packed = ref Unsafe.Add(ref packed, Bytes);
                activations = ref Unsafe.Add(ref activations, Columns);
            }

            return sums;
        }

        (TBytes mask, TBytes oddMask) = Masks();
        TSums oddSums = default;
        for (; quads > 0; quads--)
        {
            Prefetch.Ahead(ref packed);
            (TSums part, TSums oddPart) = AddToParts(default, default, mask, oddMask, ref packed, ref activations);
            sums = TStep.AddPart(sums, part);
            oddSums = TPacking.Bits == 2 ? TStep.AddPart(oddSums, oddPart) : oddSums;
            packed = ref Unsafe.Add(ref packed, Bytes);
            activations = ref Unsafe.Add(ref activations, Columns);
        }

        return TPacking.Bits == 2 ? TStep.Add(sums, TStep.Quarter(oddSums)) : sums;
    }

    /// <summary>Adds one quad to 32-bit sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums AddOne(TSums sums, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations)
    {
        if (TPacking.Bits == 8)
        {
            return AddSigned(sums, ref packed, ref activations);
        }

        (TSums part, TSums oddPart) = AddToParts(default, default, mask, oddMask, ref packed, ref activations);
        return AddParts(sums, part, oddPart);
    }

    /// <summary>Adds one slice, 0 to 3, of a quad to 32-bit sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums AddSlice(TSums sums, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations)
    {
        sums = AddSlice(sums, slice, mask, oddMask, ref packed, ref activations, 0);
        return TStep.Width == Slice ? sums : AddSlice(sums, slice, mask, oddMask, ref packed, ref activations, (nuint)TStep.Width);
    }

    /// <summary>Takes one vector of slice 0 to 3 out of a quad: int4 has two slices in each of two blocks, ternary four in one. An odd ternary slice comes four times too large.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TBytes Field(ref byte packed, int slice, nuint index, TBytes mask, TBytes oddMask)
    {
        bool isHigh = TPacking.Bits == 4 ? slice is 1 or 3 : slice is 2 or 3;
        TBytes bytes = TStep.Load(ref packed, TPacking.Bits == 4 && slice >= 2 ? index + Block : index);
        return TStep.And(isHigh ? TStep.HighHalves(bytes) : bytes, IsOdd(slice) ? oddMask : mask);
    }

    /// <summary>Gets what <see cref="Field"/> masks with. Loops hold it in registers: a constant would be loaded again for every use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TBytes Mask, TBytes OddMask) Masks() => (TStep.Broadcast(TPacking.Bits == 4 ? (byte)0x0F : (byte)0x03), TStep.Broadcast(0x0C));

    /// <summary>Whether fields of a slice come four times too large.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOdd(int slice) => TPacking.Bits == 2 && slice is 1 or 3;

    /// <summary>Adds what parts hold to 32-bit sums: the odd part a quarter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums AddParts(TSums sums, TSums part, TSums oddPart) => TPacking.Bits == 4
        ? TStep.AddPart(sums, part)
        : TStep.Add(TStep.AddPart(sums, part), TStep.Quarter(TStep.AddPart(default, oddPart)));

    // A slice is one vector, or two halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddSlice(TSums sums, int slice, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations, nuint i)
    {
        nuint column = (nuint)(slice * Slice) + i;
        if (TPacking.Bits == 8)
        {
            return AddSigned(sums, ref packed, ref activations, column);
        }

        TSums part = TStep.MultiplyAddPart(default, Field(ref packed, slice, i, mask, oddMask), TStep.Load(ref activations, column));
        return IsOdd(slice) ? TStep.Add(sums, TStep.Quarter(TStep.AddPart(default, part))) : TStep.AddPart(sums, part);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TSums Part, TSums OddPart) AddToParts(TSums part, TSums oddPart, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations)
    {
        (part, oddPart) = AddToParts(part, oddPart, mask, oddMask, ref packed, ref activations, 0);
        return TStep.Width == Slice ? (part, oddPart) : AddToParts(part, oddPart, mask, oddMask, ref packed, ref activations, (nuint)TStep.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TSums Part, TSums OddPart) AddToParts(TSums part, TSums oddPart, TBytes mask, TBytes oddMask, ref byte packed, ref byte activations, nuint i)
    {
        part = TStep.MultiplyAddPart(part, Field(ref packed, 0, i, mask, oddMask), TStep.Load(ref activations, i));
        part = TStep.MultiplyAddPart(part, Field(ref packed, 2, i, mask, oddMask), TStep.Load(ref activations, i + (2 * Slice)));
        TSums odd = TPacking.Bits == 2 ? oddPart : part;
        odd = TStep.MultiplyAddPart(odd, Field(ref packed, 1, i, mask, oddMask), TStep.Load(ref activations, i + Slice));
        odd = TStep.MultiplyAddPart(odd, Field(ref packed, 3, i, mask, oddMask), TStep.Load(ref activations, i + (3 * Slice)));
        return TPacking.Bits == 2 ? (part, odd) : (odd, default);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddSigned(TSums sums, ref byte codes, ref byte activations)
    {
        sums = AddSignedPart(sums, ref codes, ref activations, 0);
        return TStep.Width == Slice ? sums : AddSignedPart(sums, ref codes, ref activations, (nuint)TStep.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddSignedPart(TSums sums, ref byte codes, ref byte activations, nuint i)
    {
        sums = AddSigned(sums, ref codes, ref activations, i);
        sums = AddSigned(sums, ref codes, ref activations, i + Slice);
        sums = AddSigned(sums, ref codes, ref activations, i + (2 * Slice));
        return AddSigned(sums, ref codes, ref activations, i + (3 * Slice));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums AddSigned(TSums sums, ref byte codes, ref byte activations, nuint column)
    {
        TBytes token = TStep.Load(ref activations, column);
        return TStep.MultiplyAdd(sums, TStep.Load(ref codes, column), token, TStep.Magnitudes(token));
    }
}

using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>What the sums of <see cref="PlaneProducts{TPacking, TStep, TBytes, TSums, TFloats}"/> start from: minus the offset of the fields times the sum of the token.</summary>
/// <remarks>It is the same for every row. A group of up to a quad starts from one vector, because its planes are added up at once; a longer one from a vector a plane.</remarks>
internal static class PlaneStarts<TStep, TBytes, TSums, TFloats>
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Slice = WeightPacking.SliceColumns;
    private const int Quad = WeightPacking.QuadColumns;
    private const int SlicesPerQuad = Quad / Slice;

    private static int Lanes => TStep.Width / sizeof(int);

    /// <summary>Computes the integers of the starts of a row.</summary>
    /// <param name="slices">Slices of the row.</param>
    /// <param name="slicesPerStart">Slices that start together.</param>
    public static int Count(int slices, int slicesPerStart) =>
        (slices + slicesPerStart - 1) / slicesPerStart * Lanes * (slicesPerStart <= SlicesPerQuad ? 1 : FixedPoint.Planes);

    /// <summary>Computes the starts of a row.</summary>
    /// <param name="fieldOffset">What a field holds more than its code.</param>
    /// <param name="token">Shape <c>[quads, 3, 128]</c>.</param>
    /// <param name="slices">Slices of the row.</param>
    /// <param name="slicesPerStart">Slices that start together; the last may be fewer.</param>
    /// <param name="starts">Receives the starts. Shape <c>[Count]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(int fieldOffset, ref byte token, int slices, int slicesPerStart, ref int starts)
    {
        TBytes offset = TStep.Broadcast((byte)fieldOffset);
        for (int first = 0; first < slices; first += slicesPerStart)
        {
            int end = Math.Min(first + slicesPerStart, slices);
            if (slicesPerStart <= SlicesPerQuad)
            {
                TSums sums = TStep.AddPlane(default, OffsetPart(offset, ref token, first, end, 0), 0, TStep.PlaneWeight(0));
                sums = TStep.AddPlane(sums, OffsetPart(offset, ref token, first, end, 1), 1, TStep.PlaneWeight(1));
                sums = TStep.AddPlane(sums, OffsetPart(offset, ref token, first, end, 2), 2, TStep.PlaneWeight(2));
                TStep.StoreSums(TStep.Negate(sums), ref starts, 0);
                starts = ref Unsafe.Add(ref starts, Lanes);
            }
            else
            {
                for (int plane = 0; plane < FixedPoint.Planes; plane++)
                {
                    TSums sums = default;
                    for (int slice = first; slice < end; slice += SlicesPerQuad)
                    {
                        sums = TStep.AddPart(sums, OffsetPart(offset, ref token, slice, slice + SlicesPerQuad, plane));
                    }

                    TStep.StoreSums(TStep.Negate(sums), ref starts, 0);
                    starts = ref Unsafe.Add(ref starts, Lanes);
                }
            }
        }
    }

    // At most 4 · 2 · 8 · 128 a place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSums OffsetPart(TBytes offset, ref byte token, int firstSlice, int endSlice, int plane)
    {
        TSums part = default;
        for (int slice = firstSlice; slice < endSlice; slice++)
        {
            int column = (((slice / SlicesPerQuad * FixedPoint.Planes) + plane) * Quad) + (slice % SlicesPerQuad * Slice);
            part = TStep.MultiplyAddPart(part, offset, TStep.Load(ref token, (nuint)column));
        }

        return part;
    }
}

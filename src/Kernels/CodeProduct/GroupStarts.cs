using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>What the sums of each group (or slice) start from: minus the offset of the fields times the sum of the activations.</summary>
internal static class GroupStarts<TPacking, TStep, TBytes, TSums, TFloats>
    where TPacking : struct, IPacking
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    /// <summary>Gets the numbers of a start: a vector of sums.</summary>
    public static int Lanes => TStep.Width / sizeof(int);

    /// <summary>Computes the starts of one token.</summary>
    /// <param name="token">Activation codes. Shape <c>[stride]</c>.</param>
    /// <param name="size">Columns of a group (or slice), a multiple of 32.</param>
    /// <param name="starts">Shape <c>[ceil(stride / size), Lanes]</c>; untouched where fields have no offset.</param>
    public static void Fill(ReadOnlySpan<byte> token, int size, Span<int> starts)
    {
        if (TPacking.Offset == 0)
        {
            return;
        }

        TBytes offset = TStep.Broadcast(TPacking.Offset);
        Debug.Assert(size % WeightPacking.SliceColumns == 0);
        ref int start = ref MemoryMarshal.GetReference(starts);
        ref byte activations = ref MemoryMarshal.GetReference(token);
        int group = 0;
        for (long first = 0; first < token.Length; first += size, group++)
        {
            TSums sums = default;
            for (long c = first; c < Math.Min(first + size, token.Length); c += TStep.Width)
            {
                sums = TStep.AddPart(sums, TStep.MultiplyAddPart(default, offset, TStep.Load(ref activations, (nuint)c)));
            }

            TStep.StoreSums(TStep.Negate(sums), ref start, (nuint)(group * Lanes));
        }
    }

    /// <summary>Gets the start of a group (or slice); zeros where fields have no offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSums Of(ref int starts, int index) => TPacking.Offset == 0 ? default : TStep.LoadSums(ref starts, (nuint)(index * Lanes));
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Unpacks weight rows to one signed byte a code, for traversals that use a row more than once.</summary>
internal static class CodeUnpacking
{
    /// <summary>Unpacks whole blocks, so up to 127 codes of padding, all 0, follow the row's own.</summary>
    /// <param name="format">Packing of the codes.</param>
    /// <param name="packed">Whole blocks of a packed row.</param>
    /// <param name="codes">Receives the codes of the blocks, and 0 behind them. Shape <c>[at least packed · codes per byte]</c>.</param>
    public static void Unpack(WeightFormat format, ReadOnlySpan<byte> packed, Span<sbyte> codes)
    {
        codes[(packed.Length * WeightPacking.CodesPerByte(format))..].Clear();
        if (format == WeightFormat.Int8)
        {
            MemoryMarshal.Cast<byte, sbyte>(packed).CopyTo(codes);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            UnpackBlocks<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(format, packed, codes);
        }
        else
        {
            UnpackBlocks<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>(format, packed, codes);
        }
    }

    internal static void UnpackBlocks<TStep, TBytes, TSums, TFloats>(WeightFormat format, ReadOnlySpan<byte> packed, Span<sbyte> codes)
        where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
        where TBytes : struct
        where TSums : struct
        where TFloats : struct
    {
        int perByte = WeightPacking.CodesPerByte(format);
        int bits = 8 / perByte;
        TBytes mask = TStep.Broadcast((byte)((1 << bits) - 1));
        TBytes offset = TStep.Broadcast((byte)WeightPacking.Offset(format));
        ref byte source = ref MemoryMarshal.GetReference(packed);
        ref sbyte destination = ref MemoryMarshal.GetReference(codes);
        for (int i = 0; i < packed.Length; i += TStep.Width)
        {
            TBytes bytes = TStep.Load(ref source, (nuint)i);
            int block = i / WeightPacking.BlockBytes;
            int column = (block * WeightPacking.BlockBytes * perByte) + (i % WeightPacking.BlockBytes);
            for (int slice = 0; slice < perByte; slice++)
            {
                TStep.StoreCodes(TStep.Field(bytes, slice * bits, mask), offset, ref destination, (nuint)(column + (slice * WeightPacking.BlockBytes)));
            }
        }
    }
}

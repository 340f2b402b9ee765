using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Turns part of a packed weight row into floats.</summary>
internal static class Dequantization
{
    /// <summary>Columns that start on a block in every format.</summary>
    private const int Alignment = 128;

    /// <summary>Computes <c>weights[c] = scale[c / groupSize] · code[c]</c>, and the float weight itself at preserved channels.</summary>
    /// <param name="matrix">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="row">Output feature.</param>
    /// <param name="firstColumn">First input feature, a multiple of 128.</param>
    /// <param name="columns">Number of input features, at most 512.</param>
    /// <param name="weights">Receives the weights. Shape <c>[at least columns]</c>.</param>
    public static void Row(PackedWeights matrix, int row, int firstColumn, int columns, Span<float> weights)
    {
        Span<sbyte> codes = stackalloc sbyte[512 + Alignment];
        int rowBytes = WeightPacking.BytesPerRow(matrix.Format, matrix.Columns);
        int perByte = WeightPacking.CodesPerByte(matrix.Format);
        int bytes = Math.Min((columns + Alignment - 1) / Alignment * Alignment, (rowBytes * perByte) - firstColumn) / perByte;
        CodeUnpacking.Unpack(matrix.Format, matrix.Codes.Slice((row * rowBytes) + (firstColumn / perByte), bytes), codes);
        int groups = CodeProductShape.Groups(matrix);
        for (int c = 0; c < columns;)
        {
            int group = (firstColumn + c) / matrix.GroupSize;
            int end = (int)Math.Min(columns, ((group + 1L) * matrix.GroupSize) - firstColumn);
            Scale(codes[c..end], matrix.Scales[(row * groups) + group], weights[c..end]);
            c = end;
        }

        ReadOnlySpan<int> channels = matrix.PreservedChannels;
        for (int j = 0; j < channels.Length; j++)
        {
            if (channels[j] >= firstColumn && channels[j] < firstColumn + columns)
            {
                weights[channels[j] - firstColumn] = matrix.PreservedColumns[(row * channels.Length) + j];
            }
        }
    }

    private static void Scale(ReadOnlySpan<sbyte> codes, float scale, Span<float> weights)
    {
        ref readonly sbyte source = ref MemoryMarshal.GetReference(codes);
        ref float destination = ref MemoryMarshal.GetReference(weights);
        nuint i = 0, length = (nuint)codes.Length;

        // Sixteen codes widen to two vectors of eight 16-bit lanes, and these to four of four.
        for (; i + 16 <= length; i += 16)
        {
            (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.LoadUnsafe(in source, i));
            (Vector128<int> lanes0, Vector128<int> lanes1) = Vector128.Widen(low);
            (Vector128<int> lanes2, Vector128<int> lanes3) = Vector128.Widen(high);
            (Vector128.ConvertToSingle(lanes0) * scale).StoreUnsafe(ref destination, i);
            (Vector128.ConvertToSingle(lanes1) * scale).StoreUnsafe(ref destination, i + 4);
            (Vector128.ConvertToSingle(lanes2) * scale).StoreUnsafe(ref destination, i + 8);
            (Vector128.ConvertToSingle(lanes3) * scale).StoreUnsafe(ref destination, i + 12);
        }

        for (; i < length; i++)
        {
            weights[(int)i] = codes[(int)i] * scale;
        }
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Turns a packed weight row into floats.</summary>
internal static class Dequantization
{
    /// <summary>Computes <c>weights[c] = scale[c / groupSize] · code[c]</c>, and the float weight itself at preserved channels.</summary>
    /// <param name="matrix">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="row">Output feature.</param>
    /// <param name="weights">Receives the weights. Shape <c>[columns]</c>.</param>
    public static void Row(PackedWeights matrix, int row, Span<float> weights)
    {
        int rowBytes = WeightPacking.BytesPerRow(matrix.Format, matrix.Columns);
        int groups = CodeProductShape.Groups(matrix);
        sbyte[] codes = ArrayPool<sbyte>.Shared.Rent(WeightPacking.PaddedColumns(matrix.Columns));
        CodeUnpacking.Unpack(matrix.Format, matrix.Codes.Slice(row * rowBytes, rowBytes), codes);
        for (int g = 0; g < groups; g++)
        {
            int first = g * matrix.GroupSize, count = Math.Min(matrix.GroupSize, matrix.Columns - first);
            Scale(codes.AsSpan(first, count), matrix.Scales[(row * groups) + g], weights.Slice(first, count));
        }

        ArrayPool<sbyte>.Shared.Return(codes);
        ReadOnlySpan<int> channels = matrix.PreservedChannels;
        for (int j = 0; j < channels.Length; j++)
        {
            weights[channels[j]] = matrix.PreservedColumns[(row * channels.Length) + j];
        }
    }

    private static void Scale(ReadOnlySpan<sbyte> codes, float scale, Span<float> weights)
    {
        ref sbyte source = ref MemoryMarshal.GetReference(codes);
        ref float destination = ref MemoryMarshal.GetReference(weights);
        nuint i = 0, length = (nuint)codes.Length;

        for (; i + 16 <= length; i += 16)
        {
            Vector256<short> codes16 = Vector256.WidenLower(Vector128.LoadUnsafe(ref source, i).ToVector256Unsafe());
            (Vector256<int> low, Vector256<int> high) = Vector256.Widen(codes16);
            (Vector256.ConvertToSingle(low) * scale).StoreUnsafe(ref destination, i);
            (Vector256.ConvertToSingle(high) * scale).StoreUnsafe(ref destination, i + 8);
        }

        for (; i < length; i++)
        {
            weights[(int)i] = codes[(int)i] * scale;
        }
    }
}

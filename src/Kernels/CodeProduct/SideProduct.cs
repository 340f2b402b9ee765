using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>The float product over the preserved channels, beside the product over codes.</summary>
internal static class SideProduct
{
    /// <summary>Copies a token with 0 at its preserved channels, and these beside it.</summary>
    /// <param name="token">Activations. Shape <c>[columns]</c>.</param>
    /// <param name="preservedChannels">Indices of channels. Shape <c>[preserved]</c>.</param>
    /// <param name="cleared">Receives the activations of the other channels. Shape <c>[columns]</c>.</param>
    /// <param name="side">Receives the activations of the preserved channels. Shape <c>[preserved]</c>.</param>
    public static void TakeOut(ReadOnlySpan<float> token, ReadOnlySpan<int> preservedChannels, Span<float> cleared, Span<float> side)
    {
        token.CopyTo(cleared);
        for (int j = 0; j < preservedChannels.Length; j++)
        {
            side[j] = token[preservedChannels[j]];
            cleared[preservedChannels[j]] = 0;
        }
    }

    /// <summary>Computes <c>Σ_j row[j] · token[j]</c>, eight lanes at a time, then four, and the rest one by one.</summary>
    /// <param name="row">Float weights of the preserved channels. Shape <c>[preserved]</c>.</param>
    /// <param name="token">Activations of the preserved channels. Shape <c>[preserved]</c>.</param>
    public static float Of(ReadOnlySpan<float> row, ReadOnlySpan<float> token)
    {
        ref readonly float rowStart = ref MemoryMarshal.GetReference(row);
        ref readonly float tokenStart = ref MemoryMarshal.GetReference(token);
        nuint i = 0, length = (nuint)row.Length;
        float sum = 0;
        if (length >= 8)
        {
            Vector256<float> lanes = default;
            for (; i + 8 <= length; i += 8)
            {
                lanes = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(in rowStart, i), Vector256.LoadUnsafe(in tokenStart, i), lanes);
            }

            sum = Vector256.Sum(lanes);
        }

        if (i + 4 <= length)
        {
            sum += Vector128.Sum(Vector128.LoadUnsafe(in rowStart, i) * Vector128.LoadUnsafe(in tokenStart, i));
            i += 4;
        }

        for (; i < length; i++)
        {
            sum += row[(int)i] * token[(int)i];
        }

        return sum;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>Adds the products of one token's preserved channels to those of some rows: <c>products[i] += Σ_j columns[i, j] · token[j]</c>.</summary>
    /// <param name="products">Products of neighbouring rows. Shape <c>[rows]</c>.</param>
    /// <param name="columns">Float weights of the preserved channels. Shape <c>[rows, preserved]</c>.</param>
    /// <param name="token">Activations of the preserved channels. Shape <c>[preserved]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTo(Span<float> products, ReadOnlySpan<float> columns, ReadOnlySpan<float> token)
    {
        nuint length = (nuint)token.Length, i = 0;
        ref float product = ref MemoryMarshal.GetReference(products);
        ref float row = ref MemoryMarshal.GetReference(columns);
        ref float x = ref MemoryMarshal.GetReference(token);
        for (; length > 0 && i + 4 <= (nuint)products.Length; i += 4)
        {
            ref float row1 = ref Unsafe.Add(ref row, length), row2 = ref Unsafe.Add(ref row1, length), row3 = ref Unsafe.Add(ref row2, length);
            nuint j = 0;
            Vector128<float> sums = default;
            if (length >= 8)
            {
                Vector256<float> lanes0 = default, lanes1 = default, lanes2 = default, lanes3 = default;
                for (; j + 8 <= length; j += 8)
                {
                    var values = Vector256.LoadUnsafe(ref x, j);
                    lanes0 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref row, j), values, lanes0);
                    lanes1 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref row1, j), values, lanes1);
                    lanes2 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref row2, j), values, lanes2);
                    lanes3 = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref row3, j), values, lanes3);
                }

                sums = Sums(lanes0.GetLower(), lanes1.GetLower(), lanes2.GetLower(), lanes3.GetLower()) + Sums(lanes0.GetUpper(), lanes1.GetUpper(), lanes2.GetUpper(), lanes3.GetUpper());
            }

            if (j + 4 <= length)
            {
                var values = Vector128.LoadUnsafe(ref x, j);
                sums += Sums(
                    Vector128.LoadUnsafe(ref row, j) * values, Vector128.LoadUnsafe(ref row1, j) * values, Vector128.LoadUnsafe(ref row2, j) * values, Vector128.LoadUnsafe(ref row3, j) * values);
                j += 4;
            }

            for (; j < length; j++)
            {
                sums += Vector128.Create(Unsafe.Add(ref row, j), Unsafe.Add(ref row1, j), Unsafe.Add(ref row2, j), Unsafe.Add(ref row3, j)) * Vector128.Create(Unsafe.Add(ref x, j));
            }

            (Vector128.LoadUnsafe(ref product, i) + sums).StoreUnsafe(ref product, i);
            row = ref Unsafe.Add(ref row3, length);
        }

        for (; length > 0 && i < (nuint)products.Length; i++)
        {
            Unsafe.Add(ref product, i) += Of(columns.Slice((int)(i * length), token.Length), token);
        }
    }

    /// <summary>Computes <c>Σ_j row[j] · token[j]</c>, eight lanes at a time, then four, and the rest one by one.</summary>
    /// <param name="row">Float weights of the preserved channels. Shape <c>[preserved]</c>.</param>
    /// <param name="token">Activations of the preserved channels. Shape <c>[preserved]</c>.</param>
    private static float Of(ReadOnlySpan<float> row, ReadOnlySpan<float> token)
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

    // Four sums of four lanes, each (0 + 1) + (2 + 3), as Vector128.Sum adds them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector128<float> row0, Vector128<float> row1, Vector128<float> row2, Vector128<float> row3)
    {
        if (Sse3.IsSupported)
        {
            return Sse3.HorizontalAdd(Sse3.HorizontalAdd(row0, row1), Sse3.HorizontalAdd(row2, row3));
        }

        return Vector128.Create(Vector128.Sum(row0), Vector128.Sum(row1), Vector128.Sum(row2), Vector128.Sum(row3));
    }
}

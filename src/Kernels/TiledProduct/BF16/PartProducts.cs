namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Which parts of weights and activations are multiplied, and in which order.</summary>
/// <remarks>
/// <para>With parts numbered from the largest, part 1 is at most 2⁻⁸ of a value and part 2 at most 2⁻¹⁷. Products of parts i and j with i + j ≤ 2 are computed: six of three
/// parts by three. What is left out is at most 2⁻²⁴ of a product, what rounding it to binary32 would cost, and typically an eighth of that.</para>
/// <para>The smallest come first: they are added up before the sum has its full size, so they cost no accuracy, and only the last product rounds at full size, once
/// for 32 columns.</para>
/// </remarks>
internal static class PartProducts
{
    /// <summary>The largest number of products.</summary>
    public const int MaxCount = 6;

    private const int LargestIndexSum = 2;

    /// <summary>Writes the byte offsets of each product's first tiles, and returns the number of products.</summary>
    /// <param name="weightParts">Parts of a weight.</param>
    /// <param name="activationParts">Parts of an activation.</param>
    /// <param name="weightStride">Bytes from a part of the weight tiles to the next.</param>
    /// <param name="activationStride">Bytes from a part of the activation tiles to the next.</param>
    /// <param name="offsets">Receives the offsets within weights and activations. Shape <c>[MaxCount, 2]</c>.</param>
    public static int Offsets(int weightParts, int activationParts, nint weightStride, nint activationStride, Span<nint> offsets)
    {
        int count = 0;
        for (int indexSum = Math.Min(LargestIndexSum, weightParts + activationParts - 2); indexSum >= 0; indexSum--)
        {
            for (int i = Math.Max(0, indexSum - activationParts + 1); i <= Math.Min(indexSum, weightParts - 1); i++)
            {
                offsets[2 * count] = i * weightStride;
                offsets[(2 * count) + 1] = (indexSum - i) * activationStride;
                count++;
            }
        }

        return count;
    }
}

using System.Runtime.CompilerServices;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>What happens to the sums of a block while they are in the first-level cache: token scales, preserved channels, and the way to the destination.</summary>
/// <remarks>The sums lie as 32 features of 32 tokens; the destination wants tokens of features, so squares of 8 × 8 are turned.</remarks>
internal static unsafe class TileEpilogue
{
    private const int Tokens = TileLayout.StripTokens;

    private static readonly float[] _ones = [.. Enumerable.Repeat(1f, Tokens)];

    /// <summary>Stores <c>sums[r, t] · scales[t] + Σ_j columns[r, j] · preserved[j, t]</c> for some features and tokens of a block.</summary>
    /// <param name="sums">Sums of the block; overwritten. Shape <c>[32, 32]</c>: feature, token.</param>
    /// <param name="scales">Step size of each token. Shape <c>[32]</c>.</param>
    /// <param name="preserved">Preserved channels of each token. Shape <c>[preserved, 32]</c>.</param>
    /// <param name="columns">Float weights of the preserved channels. Shape <c>[rows, preserved]</c>.</param>
    /// <param name="rows">Number of features, 1 to 32.</param>
    /// <param name="tokens">Number of tokens, 1 to 32.</param>
    /// <param name="destination">The first feature of the first token.</param>
    /// <param name="stride">Floats from one token to the next in the destination.</param>
    public static void Store(float* sums, float* scales, float* preserved, ReadOnlySpan<float> columns, int rows, int tokens, ref float destination, int stride)
    {
        fixed (float* ones = _ones)
        fixed (float* first = &destination)
        fixed (float* weights = columns)
        {
            if (columns.Length > 0)
            {
                PreservedProducts.Add(sums, scales, preserved, weights, columns.Length / rows, rows);
                scales = ones;
            }

            for (int t = 0; t < tokens; t += Squares.Size)
            {
                int validTokens = Math.Min(Squares.Size, tokens - t);
                for (int r = 0; r < rows; r += Squares.Size)
                {
                    int validRows = Math.Min(Squares.Size, rows - r);
                    float* source = sums + (r * Tokens) + t, target = first + ((nint)t * stride) + r;
                    if (validTokens == Squares.Size && validRows == Squares.Size)
                    {
                        Squares.TurnScaled(source, Tokens, scales + t, target, stride);
                    }
                    else
                    {
                        StorePart(source, scales + t, validRows, validTokens, target, stride);
                    }
                }
            }
        }
    }

    [SkipLocalsInit]
    private static void StorePart(float* source, float* scales, int rows, int tokens, float* destination, nint stride)
    {
        float* square = stackalloc float[Squares.Size * Squares.Size];
        Squares.TurnScaled(source, Tokens, scales, square, Squares.Size);
        for (int t = 0; t < tokens; t++)
        {
            new ReadOnlySpan<float>(square + (t * Squares.Size), rows).CopyTo(new Span<float>(destination + (t * stride), rows));
        }
    }
}

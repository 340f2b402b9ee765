using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The activations of one product in the layout of tiles, so that they are packed once and not for every range of output features.</summary>
/// <remarks>Reserved by a kernel, filled in strips of 32 tokens by any threads, then given to the product, and disposed after it.</remarks>
public sealed unsafe class CodeActivationTiles : IDisposable
{
    private readonly PinnedMemory _tiles;
    private readonly PinnedMemory _sides;

    /// <summary>Reserves room for a product.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="steps">Steps of 64 bytes of a token.</param>
    /// <param name="preserved">Number of preserved channels.</param>
    internal CodeActivationTiles(int tokens, int steps, int preserved)
    {
        (Tokens, Steps, Preserved) = (tokens, steps, preserved);
        Strips = TileLayout.Strips(tokens);
        _tiles = new(checked(Strips * StripBytes));
        _sides = new(checked(Strips * (1 + preserved) * TileLayout.StripTokens * sizeof(float)));
    }

    /// <summary>Gets the number of strips of 32 tokens; the last one may have fewer.</summary>
    public int Strips { get; }

    /// <summary>Gets the number of tokens.</summary>
    internal int Tokens { get; }

    /// <summary>Gets the steps of 64 bytes of a token.</summary>
    internal int Steps { get; }

    /// <summary>Gets the number of preserved channels.</summary>
    internal int Preserved { get; }

    /// <summary>Gets the bytes of a strip.</summary>
    internal int StripBytes => Steps * TileLayout.StepBytes;

    /// <summary>Fills some strips. Different strips may be filled by several threads at once.</summary>
    /// <param name="source">All tokens of the product.</param>
    /// <param name="firstStrip">First strip to fill.</param>
    /// <param name="stripCount">Number of strips to fill.</param>
    /// <exception cref="ArgumentException">The activations have another shape than the product that the memory was reserved for, or there are no such strips.</exception>
    public void Fill(ActivationCodes source, int firstStrip, int stripCount)
    {
        CheckShape(source);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStrip);
        ArgumentOutOfRangeException.ThrowIfNegative(stripCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstStrip + stripCount, Strips, nameof(stripCount));
        for (int strip = firstStrip; strip < firstStrip + stripCount; strip++)
        {
            int firstToken = strip * TileLayout.StripTokens, tokens = Math.Min(TileLayout.StripTokens, Tokens - firstToken);
            PackCodes(source, firstToken, tokens, StripTiles(strip));
            PackSides(source, firstToken, tokens, TokenScales(strip), PreservedValues(strip));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tiles.Dispose();
        _sides.Dispose();
    }

    /// <summary>Checks that activations have the shape that the memory was reserved for.</summary>
    internal void CheckShape(ActivationCodes source)
    {
        int preserved = source.Scales.Length == 0 ? 0 : source.Preserved.Length / source.Scales.Length;
        if (source.Scales.Length != Tokens || TileLayout.Steps(source.Stride) < Steps || source.Codes.Length < (long)Tokens * source.Stride || preserved != Preserved)
        {
            throw new ArgumentException(
                $"These tiles are for {Tokens} tokens of {Steps * TileLayout.RowBytes} columns with {Preserved} preserved channels, but the activations are {source.Scales.Length} tokens of {source.Stride} columns with {preserved}.", nameof(source));
        }
    }

    /// <summary>Gets the tiles of a strip. Shape <c>[steps, 2, 16, 64]</c>, in bytes.</summary>
    internal byte* StripTiles(int strip) => _tiles.Start + ((nint)strip * StripBytes);

    /// <summary>Gets the step sizes of a strip's tokens. Shape <c>[32]</c>.</summary>
    internal float* TokenScales(int strip) => (float*)_sides.Start + ((nint)strip * (1 + Preserved) * TileLayout.StripTokens);

    /// <summary>Gets a strip's preserved channels. Shape <c>[preserved, 32]</c>.</summary>
    internal float* PreservedValues(int strip) => TokenScales(strip) + TileLayout.StripTokens;

    private void PackCodes(ActivationCodes source, int firstToken, int tokens, byte* tiles)
    {
        if (tokens < TileLayout.StripTokens)
        {
            new Span<byte>(tiles, StripBytes).Clear();
        }

        fixed (sbyte* codes = source.Codes)
        {
            float* first = (float*)(codes + ((nint)firstToken * source.Stride));
            nint stride = source.Stride / sizeof(float);
            int t = 0;
            for (; t + Squares.Size <= tokens; t += Squares.Size)
            {
                // Squares of 8 tokens by 8 groups of 4 columns; one square fills a quarter of the 16 rows by 16 tokens of a tile.
                float* square = (float*)(tiles + (t / TileLayout.TileRows * TileLayout.TileBytes)) + (t % TileLayout.TileRows);
                for (int half = 0; half < 2 * Steps; half++)
                {
                    float* rows = square + (half / 2 * (TileLayout.StepBytes / sizeof(float))) + (half % 2 * Squares.Size * TileLayout.TileRows);
                    Squares.Turn(first + (t * stride) + (half * Squares.Size), stride, rows, TileLayout.TileRows);
                }
            }

            for (; t < tokens; t++)
            {
                float* column = (float*)(tiles + (t / TileLayout.TileRows * TileLayout.TileBytes)) + (t % TileLayout.TileRows);
                for (int quad = 0; quad < Steps * TileLayout.TileRows; quad++)
                {
                    nint row = (quad / TileLayout.TileRows * (TileLayout.StepBytes / TileLayout.RowBytes)) + (quad % TileLayout.TileRows);
                    ((int*)column)[row * TileLayout.TileRows] = ((int*)first)[(t * stride) + quad];
                }
            }
        }
    }

    private void PackSides(ActivationCodes source, int firstToken, int tokens, float* scales, float* preserved)
    {
        new Span<float>(scales, (1 + Preserved) * TileLayout.StripTokens).Clear();
        source.Scales.Slice(firstToken, tokens).CopyTo(new Span<float>(scales, tokens));
        for (int t = 0; t < tokens; t++)
        {
            ReadOnlySpan<float> token = source.Preserved.Slice((firstToken + t) * Preserved, Preserved);
            for (int j = 0; j < Preserved; j++)
            {
                preserved[(j * TileLayout.StripTokens) + t] = token[j];
            }
        }
    }
}

using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The activation codes of one product in the layout of tiles; a piece is a strip of 32 tokens.</summary>
internal sealed unsafe class CodeActivationTiles : PreparedCodes
{
    private readonly PinnedMemory _tiles;
    private readonly PinnedMemory _sides;

    /// <summary>Reserves room for a product.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="steps">Steps of 64 bytes of a token.</param>
    /// <param name="preserved">Number of preserved channels.</param>
    public CodeActivationTiles(int tokens, int steps, int preserved)
    {
        (Tokens, Steps, Preserved) = (tokens, steps, preserved);
        Strips = TileLayout.Strips(tokens);
        _tiles = new(checked(Strips * StripBytes));
        _sides = new(checked(Strips * (1 + preserved) * TileLayout.StripTokens * sizeof(float)));
    }

    /// <inheritdoc/>
    public override int Pieces => Strips;

    /// <summary>Gets the number of strips of 32 tokens; the last one may have fewer.</summary>
    public int Strips { get; }

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Gets the steps of 64 bytes of a token.</summary>
    public int Steps { get; }

    /// <summary>Gets the number of preserved channels.</summary>
    public int Preserved { get; }

    /// <summary>Gets the bytes of a strip.</summary>
    public int StripBytes => Steps * TileLayout.StepBytes;

    /// <inheritdoc/>
    public override void Fill(ActivationCodes source, int firstPiece, int pieceCount)
    {
        CheckShape(source);
        CheckPieces(firstPiece, pieceCount);
        for (int strip = firstPiece; strip < firstPiece + pieceCount; strip++)
        {
            int firstToken = strip * TileLayout.StripTokens, tokens = Math.Min(TileLayout.StripTokens, Tokens - firstToken);
            PackCodes(source.Codes.Slice(firstToken * source.Stride, tokens * source.Stride), source.Stride, tokens, strip);
            PackSides(source.Scales.Slice(firstToken, tokens), source.Preserved.Slice(firstToken * Preserved, tokens * Preserved), strip);
        }
    }

    /// <inheritdoc/>
    private protected override void Release()
    {
        _tiles.Dispose();
        _sides.Dispose();
    }

    /// <summary>Checks that activations have the shape that the memory was reserved for.</summary>
    public void CheckShape(ActivationCodes source)
    {
        int preserved = source.Scales.Length == 0 ? 0 : source.Preserved.Length / source.Scales.Length;
        if (source.Scales.Length != Tokens || TileLayout.Steps(source.Stride) < Steps || source.Codes.Length < (long)Tokens * source.Stride || preserved != Preserved)
        {
            throw new ArgumentException(
                $"These tiles are for {Tokens} tokens of {Steps * TileLayout.RowBytes} columns with {Preserved} preserved channels, but the activations are {source.Scales.Length} tokens of {source.Stride} columns with {preserved}.", nameof(source));
        }
    }

    /// <summary>Gets the tiles of a strip. Shape <c>[steps, 2, 16, 64]</c>, in bytes.</summary>
    public byte* StripTiles(int strip) => _tiles.Start + ((nint)strip * StripBytes);

    /// <summary>Gets the step sizes of a strip's tokens. Shape <c>[32]</c>.</summary>
    public float* TokenScales(int strip) => (float*)_sides.Start + ((nint)strip * (1 + Preserved) * TileLayout.StripTokens);

    /// <summary>Gets a strip's preserved channels. Shape <c>[preserved, 32]</c>.</summary>
    public float* PreservedValues(int strip) => TokenScales(strip) + TileLayout.StripTokens;

    /// <summary>Fills the tiles of a strip.</summary>
    /// <param name="source">Codes. Shape <c>[tokens, stride]</c>.</param>
    /// <param name="tokenStride">Codes from one token to the next.</param>
    /// <param name="tokens">Number of tokens, up to 32.</param>
    /// <param name="strip">The strip.</param>
    public void PackCodes(ReadOnlySpan<sbyte> source, int tokenStride, int tokens, int strip)
    {
        byte* tiles = StripTiles(strip);
        if (tokens < TileLayout.StripTokens)
        {
            new Span<byte>(tiles, StripBytes).Clear();
        }

        fixed (sbyte* codes = source)
        {
            float* first = (float*)codes;
            nint stride = tokenStride / sizeof(float);
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

    /// <summary>Fills what stands beside the tiles of a strip.</summary>
    /// <param name="scales">Step size of each token. Shape <c>[tokens]</c>.</param>
    /// <param name="sides">Preserved channels of each token. Shape <c>[tokens, preserved]</c>.</param>
    /// <param name="strip">The strip.</param>
    public void PackSides(ReadOnlySpan<float> scales, ReadOnlySpan<float> sides, int strip)
    {
        float* tokenScales = TokenScales(strip), preserved = PreservedValues(strip);
        new Span<float>(tokenScales, (1 + Preserved) * TileLayout.StripTokens).Clear();
        scales.CopyTo(new Span<float>(tokenScales, scales.Length));
        for (int t = 0; t < scales.Length; t++)
        {
            for (int j = 0; j < Preserved; j++)
            {
                preserved[(j * TileLayout.StripTokens) + t] = sides[(t * Preserved) + j];
            }
        }
    }
}

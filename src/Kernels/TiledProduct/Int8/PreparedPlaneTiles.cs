using System.Buffers;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Float activations as three planes of bytes each (<see cref="FixedPoint"/>), in the layout of tiles; a piece is 32 tokens, a strip of each plane.</summary>
/// <param name="tokens">Number of tokens.</param>
/// <param name="columns">Input features, a multiple of 128.</param>
/// <param name="preservedChannels">Columns that are 0 in the planes. Shape <c>[preserved]</c>.</param>
internal sealed class PreparedPlaneTiles(int tokens, int columns, ReadOnlySpan<int> preservedChannels) : PreparedFloats(tokens, columns, preservedChannels)
{
    private const int Planes = FixedPoint.Planes;

    private readonly float[] _steps = new float[tokens];

    /// <summary>Gets the strips: of every 32 tokens plane 0, 1 and 2.</summary>
    public CodeActivationTiles Tiles { get; } =
        new(Planes * TileLayout.Strips(tokens) * TileLayout.StripTokens, TileLayout.Steps(columns), preservedChannels.Length);

    /// <inheritdoc/>
    public override int Pieces => TileLayout.Strips(Tokens);

    /// <summary>Finds the tokens that have no such form. Only once every piece is filled.</summary>
    public int[] Refused() => [.. Enumerable.Range(0, Tokens).Where(token => _steps[token] == 0)];

    /// <inheritdoc/>
    private protected override void FillPiece(ReadOnlySpan<float> source, int piece)
    {
        int firstToken = piece * TileLayout.StripTokens, count = Math.Min(TileLayout.StripTokens, Tokens - firstToken), preserved = PreservedChannels.Length;
        float[] floats = ArrayPool<float>.Shared.Rent(Columns + (count * preserved));
        sbyte[] planes = ArrayPool<sbyte>.Shared.Rent(Planes * count * Columns);
        Span<float> cleared = floats.AsSpan(0, Columns), sides = floats.AsSpan(Columns, count * preserved);
        for (int t = 0; t < count; t++)
        {
            ReadOnlySpan<float> values = source.Slice((firstToken + t) * Columns, Columns);
            if (preserved > 0)
            {
                SideProduct.TakeOut(values, PreservedChannels, cleared, sides.Slice(t * preserved, preserved));
                values = cleared;
            }

            _steps[firstToken + t] = FixedPoint.TrySplit(values, planes.AsSpan(t * Columns), WeightPacking.QuadColumns, count * Columns, out float step) ? step : 0;
        }

        for (int plane = 0; plane < Planes; plane++)
        {
            Tiles.PackCodes(planes.AsSpan(plane * count * Columns, count * Columns), Columns, count, (piece * Planes) + plane);
        }

        Tiles.PackSides(_steps.AsSpan(firstToken, count), sides, piece * Planes);
        ArrayPool<sbyte>.Shared.Return(planes);
        ArrayPool<float>.Shared.Return(floats);
    }

    /// <inheritdoc/>
    private protected override void Release() => Tiles.Dispose();
}

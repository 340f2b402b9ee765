using System.Buffers;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Float activations as three planes of bytes each (<see cref="FixedPoint"/>), in the order in which rows of weights are taken apart; a piece is a token.</summary>
/// <param name="layout">The layout of the weights.</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="columns">Input features, a multiple of 128.</param>
/// <param name="preservedChannels">Columns that are 0 in the planes. Shape <c>[preserved]</c>.</param>
internal sealed class PreparedFloatRows(RowLayout layout, int tokens, int columns, ReadOnlySpan<int> preservedChannels) : PreparedFloats(tokens, columns, preservedChannels)
{
    private readonly float[] _steps = new float[tokens];
    private readonly float[] _sides = new float[tokens * preservedChannels.Length];

    /// <summary>Gets the layout of the weights.</summary>
    public RowLayout Layout => layout;

    /// <summary>Gets the vectors.</summary>
    public RowActivations Activations { get; } = new(layout, FixedPoint.Planes, tokens);

    /// <inheritdoc/>
    public override int Pieces => Tokens;

    /// <summary>Gets the value of 1 in the planes of a token; 0 where the token has no such form.</summary>
    public float Step(int token) => _steps[token];

    /// <summary>Gets the preserved channels of a token. Shape <c>[preserved]</c>.</summary>
    public ReadOnlySpan<float> Side(int token) => _sides.AsSpan(token * PreservedChannels.Length, PreservedChannels.Length);

    /// <inheritdoc/>
    private protected override void FillPiece(ReadOnlySpan<float> source, int piece)
    {
        ReadOnlySpan<float> values = source.Slice(piece * Columns, Columns);
        float[] cleared = ArrayPool<float>.Shared.Rent(Columns);
        sbyte[] planes = ArrayPool<sbyte>.Shared.Rent(FixedPoint.Planes * Columns);
        if (PreservedChannels.Length > 0)
        {
            SideProduct.TakeOut(values, PreservedChannels, cleared.AsSpan(0, Columns), _sides.AsSpan(piece * PreservedChannels.Length, PreservedChannels.Length));
            values = cleared.AsSpan(0, Columns);
        }

        if (FixedPoint.TrySplit(values, planes, WeightPacking.QuadColumns, Columns, out float step))
        {
            _steps[piece] = step;
            for (int plane = 0; plane < FixedPoint.Planes; plane++)
            {
                Activations.Fill(planes.AsSpan(plane * Columns, Columns), piece, plane);
            }
        }

        ArrayPool<sbyte>.Shared.Return(planes);
        ArrayPool<float>.Shared.Return(cleared);
    }

    /// <inheritdoc/>
    private protected override void Release() => Activations.Dispose();
}

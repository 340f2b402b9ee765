using System.Buffers;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Float activations as three planes of bytes each (<see cref="FixedPoint"/>), for few tokens; a piece is a token. What the planes look like is a kernel's own.</summary>
/// <param name="tokens">Number of tokens.</param>
/// <param name="columns">Input features, a multiple of 128.</param>
/// <param name="preservedChannels">Columns that are 0 in the planes. Shape <c>[preserved]</c>.</param>
internal abstract class PreparedPlanes(int tokens, int columns, ReadOnlySpan<int> preservedChannels) : PreparedFloats(tokens, columns, preservedChannels)
{
    private readonly float[] _steps = new float[tokens];
    private readonly float[] _sides = new float[tokens * preservedChannels.Length];

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
        if (PreservedChannels.Length > 0)
        {
            SideProduct.TakeOut(values, PreservedChannels, cleared.AsSpan(0, Columns), _sides.AsSpan(piece * PreservedChannels.Length, PreservedChannels.Length));
            values = cleared.AsSpan(0, Columns);
        }

        _steps[piece] = TryFill(values, piece, out float step) ? step : 0;
        ArrayPool<float>.Shared.Return(cleared);
    }

    /// <summary>Fills the planes of a token, unless it has no such form.</summary>
    /// <param name="values">Activations, 0 at preserved channels. Shape <c>[columns]</c>.</param>
    /// <param name="token">Which token.</param>
    /// <param name="step">Receives the value of 1.</param>
    private protected abstract bool TryFill(ReadOnlySpan<float> values, int token, out float step);
}

using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Activation codes in the order in which rows of weights are taken apart; a piece is a token.</summary>
/// <param name="layout">The layout of the weights.</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="stride">Codes of a token, padding included.</param>
internal sealed class PreparedCodeRows(RowLayout layout, int tokens, int stride) : PreparedCodes
{
    /// <summary>Gets the vectors.</summary>
    public RowActivations Activations { get; } = new(layout, 1, tokens);

    /// <inheritdoc/>
    public override int Pieces => tokens;

    /// <inheritdoc/>
    public override void Fill(ActivationCodes source, int firstPiece, int pieceCount)
    {
        Check(layout, source);
        CheckPieces(firstPiece, pieceCount);
        for (int token = firstPiece; token < firstPiece + pieceCount; token++)
        {
            Activations.Fill(source.Codes.Slice(token * stride, stride), token, 0);
        }
    }

    /// <summary>Throws unless this is for such weights and activations.</summary>
    public void Check(RowLayout other, ActivationCodes source)
    {
        if (other != layout || source.Scales.Length != tokens || source.Stride != stride)
        {
            throw new ArgumentException(
                $"The prepared activations are {tokens} tokens of {stride} codes for {layout}, but the product has {source.Scales.Length} tokens of {source.Stride} and {other}.", nameof(source));
        }
    }

    /// <inheritdoc/>
    private protected override void Release() => Activations.Dispose();
}

using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels;

/// <summary>The activation codes of one product in the form that a kernel multiplies.</summary>
public abstract class PreparedCodes : PreparedActivations
{
    /// <summary>Fills some pieces. Different pieces may be filled by several threads at once.</summary>
    /// <param name="source">All tokens of the product.</param>
    /// <param name="firstPiece">First piece to fill.</param>
    /// <param name="pieceCount">Number of pieces to fill.</param>
    /// <exception cref="ArgumentException">The activations have another shape than the product that the memory was reserved for, or there are no such pieces.</exception>
    public abstract void Fill(ActivationCodes source, int firstPiece, int pieceCount);
}

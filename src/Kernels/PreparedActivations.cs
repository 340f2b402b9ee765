namespace OutlierQuant.Kernels;

/// <summary>The activations of one product in the form that a kernel multiplies, so that they are brought into it once and not for every range of output features.</summary>
/// <remarks>Reserved by a kernel, filled in pieces by any threads, then given to the product, and disposed after it. Only the kernel that reserved it reads it.</remarks>
public abstract class PreparedActivations : IDisposable
{
    /// <summary>Gets the number of pieces, which can be filled independently of each other.</summary>
    public abstract int Pieces { get; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    private protected abstract void Release();

    /// <summary>Throws unless there are such pieces.</summary>
    private protected void CheckPieces(int firstPiece, int pieceCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPiece);
        ArgumentOutOfRangeException.ThrowIfNegative(pieceCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstPiece + pieceCount, Pieces, nameof(pieceCount));
    }
}

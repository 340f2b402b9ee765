namespace OutlierQuant.Models.Linears;

/// <summary>The product of one linear with one input, prepared so that its output features can be computed in any pieces, on any threads.</summary>
/// <param name="Rows">Number of output features.</param>
/// <param name="Granularity">The number of rows that a piece should be a multiple of.</param>
/// <param name="NeedsOwnThreads">Whether <paramref name="Compute"/> may run on the team's own threads only.</param>
/// <param name="Compute">Computes some output features of every token: the first one and their number. The bits do not depend on the pieces.</param>
internal sealed record LinearProduct(int Rows, int Granularity, bool NeedsOwnThreads, Action<int, int> Compute)
{
    /// <summary>Gets the number of pieces of <see cref="Granularity"/> rows; the last may be shorter.</summary>
    public int Pieces => (Rows + Granularity - 1) / Granularity;

    /// <summary>Computes consecutive pieces.</summary>
    public void ComputePieces(int first, int count)
    {
        int firstRow = first * Granularity;
        Compute(firstRow, Math.Min(count * Granularity, Rows - firstRow));
    }
}

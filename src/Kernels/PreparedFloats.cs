namespace OutlierQuant.Kernels;

/// <summary>The float activations of one product in the form that a kernel multiplies.</summary>
/// <param name="tokens">Number of tokens.</param>
/// <param name="columns">Input features.</param>
/// <param name="preservedChannels">Columns that stay out of this form, in order. Shape <c>[preserved]</c>.</param>
public abstract class PreparedFloats(int tokens, int columns, ReadOnlySpan<int> preservedChannels) : PreparedActivations
{
    /// <summary>Gets the number of tokens.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>Gets the number of input features.</summary>
    public int Columns { get; } = columns;

    /// <summary>Gets the columns that stay out of this form.</summary>
    private protected int[] PreservedChannels { get; } = preservedChannels.ToArray();

    /// <summary>Fills some pieces. Different pieces may be filled by several threads at once.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="firstPiece">First piece to fill.</param>
    /// <param name="pieceCount">Number of pieces to fill.</param>
    /// <exception cref="ArgumentException">The shapes disagree, or there are no such pieces.</exception>
    public void Fill(ReadOnlySpan<float> source, int firstPiece, int pieceCount)
    {
        if (source.Length != (long)Tokens * Columns)
        {
            throw new ArgumentException($"{Tokens} tokens of {Columns} columns are {(long)Tokens * Columns} values, but there are {source.Length}.", nameof(source));
        }

        CheckPieces(firstPiece, pieceCount);
        for (int piece = firstPiece; piece < firstPiece + pieceCount; piece++)
        {
            FillPiece(source, piece);
        }
    }

    /// <summary>Throws unless prepared activations, if there are any, are those of such a product.</summary>
    internal static void Check(PreparedFloats? prepared, int tokens, int columns, ReadOnlySpan<int> preservedChannels)
    {
        if (prepared is not null && (tokens != prepared.Tokens || columns != prepared.Columns || !preservedChannels.SequenceEqual(prepared.PreservedChannels)))
        {
            throw new ArgumentException(
                $"The prepared activations are those of {prepared.Tokens} tokens of {prepared.Columns} columns, {prepared.PreservedChannels.Length} preserved; the product has {tokens} tokens of {columns} columns, {preservedChannels.Length} preserved.",
                nameof(prepared));
        }
    }

    /// <summary>Fills one piece.</summary>
    private protected abstract void FillPiece(ReadOnlySpan<float> source, int piece);
}

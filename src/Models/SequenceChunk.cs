namespace OutlierQuant.Models;

/// <summary>Consecutive tokens of one sequence; row i of the values beside it belongs to position <c>FirstPosition + i</c>.</summary>
/// <param name="TokenIds">The tokens. Shape <c>[tokens]</c>.</param>
/// <param name="FirstPosition">Position of the first of them in its sequence; above 0 only when decoding with a cache.</param>
/// <param name="StartsWithBos">Whether the token at position 0 of the sequence is the beginning-of-sequence token.</param>
public readonly record struct SequenceChunk(ReadOnlyMemory<int> TokenIds, int FirstPosition, bool StartsWithBos)
{
    /// <summary>Gets the row of the sink token (a BOS at position 0), or -1 if this chunk does not hold one.</summary>
    public int SinkRow => StartsWithBos && FirstPosition == 0 ? 0 : -1;
}

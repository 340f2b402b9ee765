using System.Buffers;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>Finds added tokens in a text: at each place the longest one, from left to right, without overlap.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _tokens;
    private readonly int[] _lengths;
    private readonly SearchValues<string> _starts;

    /// <summary>Initializes the finder.</summary>
    /// <param name="tokens">The tokens by the text to look for, none of it empty.</param>
    public AddedTokenFinder(Dictionary<string, AddedToken> tokens)
    {
        _tokens = tokens.GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = [.. tokens.Keys.Select(static text => text.Length).Distinct().OrderDescending()];
        _starts = SearchValues.Create([.. tokens.Keys], StringComparison.Ordinal);
    }

    /// <summary>Appends the parts of a piece: added tokens, and the text between them with a null token.</summary>
    public void Split(TextPiece piece, List<(TextPiece Piece, AddedToken? Token)> parts)
    {
        ReadOnlySpan<char> text = piece.Span;
        int taken = 0;
        for (int search = 0; text[search..].IndexOfAny(_starts) is >= 0 and int distance;)
        {
            int start = search + distance;
            AddedToken token = LongestAt(text[start..], out int length);
            int end = start + length;
            search = end;
            if (token.SingleWord && (WordRunes.EndsWithWord(text[..start]) || WordRunes.StartsWithWord(text[end..])))
            {
                continue;
            }

            if (token.TakesSpaceBefore)
            {
                start = Math.Max(text[..start].TrimEnd().Length, taken);
            }

            if (token.TakesSpaceAfter)
            {
                end = text.Length - text[end..].TrimStart().Length;
            }

            if (taken < start)
            {
                parts.Add((piece.Part(taken, start), null));
            }

            parts.Add((piece.Part(start, end), token));
            taken = end;
        }

        if (taken < text.Length)
        {
            parts.Add((piece.Part(taken, text.Length), null));
        }
    }

    private AddedToken LongestAt(ReadOnlySpan<char> text, out int length)
    {
        foreach (int candidate in _lengths)
        {
            if (candidate <= text.Length && _tokens.TryGetValue(text[..candidate], out AddedToken? token))
            {
                length = candidate;
                return token;
            }
        }

        throw new System.Diagnostics.UnreachableException("The search stops only where a token starts.");
    }
}

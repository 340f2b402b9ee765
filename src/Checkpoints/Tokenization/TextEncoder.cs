using OutlierQuant.Checkpoints.Tokenization.Model;
using OutlierQuant.Checkpoints.Tokenization.Normalization;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>From text to ids: added tokens, normalization, added tokens of the normalized text, words, merges.</summary>
/// <param name="rawTokens">Finds added tokens in the text as it is; null where there are none.</param>
/// <param name="normalizers">What is done to the text between them, in order.</param>
/// <param name="normalizedTokens">Finds added tokens in the normalized text; null where there are none.</param>
/// <param name="splitters">What cuts the rest into words, in order.</param>
/// <param name="model">Encodes a word.</param>
internal sealed class TextEncoder(
    AddedTokenFinder? rawTokens, IReadOnlyList<INormalizer> normalizers, AddedTokenFinder? normalizedTokens,
    IReadOnlyList<ISplitter> splitters, BytePairModel model)
{
    /// <summary>Appends the ids of a text.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="ids">Receives the ids.</param>
    public void Encode(string text, List<int> ids)
    {
        foreach ((TextPiece piece, AddedToken? token) in Find(rawTokens, TextPiece.Whole(text, opensText: true)))
        {
            if (token is null)
            {
                EncodeBetween(piece, ids);
            }
            else
            {
                ids.Add(token.Id);
            }
        }
    }

    private void EncodeBetween(TextPiece piece, List<int> ids)
    {
        TextPiece normalized = piece;
        if (normalizers.Count > 0)
        {
            string text = piece.Span.ToString();
            bool opensText = piece.OpensText;
            foreach (INormalizer normalizer in normalizers)
            {
                opensText = opensText && normalizer.KeepsStart(text);
                text = normalizer.Normalize(text);
            }

            normalized = TextPiece.Whole(text, opensText);
        }

        foreach ((TextPiece part, AddedToken? token) in Find(normalizedTokens, normalized))
        {
            if (token is null)
            {
                EncodeWords(part, ids);
            }
            else
            {
                ids.Add(token.Id);
            }
        }
    }

    private void EncodeWords(TextPiece piece, List<int> ids)
    {
        List<TextPiece> words = [piece];
        foreach (ISplitter splitter in splitters)
        {
            List<TextPiece> parts = new(words.Count);
            foreach (TextPiece word in words)
            {
                splitter.Split(word, parts);
            }

            words = parts;
        }

        foreach (TextPiece word in words)
        {
            model.Encode(word.Span, ids);
        }
    }

    private static List<(TextPiece Piece, AddedToken? Token)> Find(AddedTokenFinder? finder, TextPiece piece)
    {
        List<(TextPiece Piece, AddedToken? Token)> parts = [];
        if (finder is not null)
        {
            finder.Split(piece, parts);
        }
        else if (piece.Length > 0)
        {
            parts.Add((piece, null));
        }

        return parts;
    }
}

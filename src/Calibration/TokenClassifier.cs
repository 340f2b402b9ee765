using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration;

/// <summary>Gives every token of a window its <see cref="TokenClass"/>. One object serves one thread.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
public sealed class TokenClassifier(Tokenizer tokenizer)
{
    private readonly Dictionary<int, bool> _isDelimiter = [];

    /// <summary>Classifies the tokens of one sequence.</summary>
    /// <param name="chunk">The tokens.</param>
    /// <returns>Their classes. Shape <c>[tokens]</c>.</returns>
    public TokenClass[] Classify(SequenceChunk chunk)
    {
        ReadOnlySpan<int> tokens = chunk.TokenIds.Span;
        TokenClass[] classes = new TokenClass[tokens.Length];
        for (int row = 0; row < tokens.Length; row++)
        {
            classes[row] = chunk.FirstPosition + row == 0
                ? chunk.StartsWithBos ? TokenClass.Bos : TokenClass.First
                : IsDelimiter(tokens[row]) ? TokenClass.Delimiter : TokenClass.Other;
        }

        return classes;
    }

    /// <summary>Says whether a text is a delimiter: it has punctuation or a line break, and no letter or digit.</summary>
    /// <param name="text">The text of one token.</param>
    public static bool IsDelimiter(string text) =>
        !text.Any(char.IsLetterOrDigit) && text.Any(character => char.IsPunctuation(character) || character is '\n' or '\r');

    private bool IsDelimiter(int tokenId)
    {
        if (!_isDelimiter.TryGetValue(tokenId, out bool isDelimiter))
        {
            isDelimiter = IsDelimiter(tokenizer.Decode([tokenId], skipSpecialTokens: false));
            _isDelimiter.Add(tokenId, isDelimiter);
        }

        return isDelimiter;
    }
}

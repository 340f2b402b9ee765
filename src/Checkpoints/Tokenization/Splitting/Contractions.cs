namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The English contractions of the split patterns: <c>'s|'t|'re|'ve|'m|'ll|'d</c>.</summary>
internal static class Contractions
{
    private const char LongS = '\u017F';

    /// <summary>The length of the contraction at a position, or 0.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where it would start, with the apostrophe.</param>
    /// <param name="ignoreCase">Whether capitals count, and the long s, which folds to s.</param>
    public static int LengthAt(ReadOnlySpan<char> text, int start, bool ignoreCase)
    {
        if (text[start] != '\'' || start + 1 == text.Length)
        {
            return 0;
        }

        char first = Fold(text[start + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        char second = start + 2 < text.Length ? Fold(text[start + 2], ignoreCase) : '\0';
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Fold(char character, bool ignoreCase) => character switch
    {
        >= 'A' and <= 'Z' when ignoreCase => (char)(character | 0x20),
        LongS when ignoreCase => 's',
        _ => character,
    };
}

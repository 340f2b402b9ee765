namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>A stretch of text between the steps that cut it into words.</summary>
/// <param name="Text">The string that it is part of.</param>
/// <param name="Start">Its first character in <paramref name="Text"/>.</param>
/// <param name="Length">Its length in UTF-16 code units.</param>
/// <param name="OpensText">Whether it begins where the whole input begins.</param>
internal readonly record struct TextPiece(string Text, int Start, int Length, bool OpensText)
{
    /// <summary>Gets the characters.</summary>
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    /// <summary>A whole string as one piece.</summary>
    public static TextPiece Whole(string text, bool opensText) => new(text, 0, text.Length, opensText);

    /// <summary>The part from <paramref name="start"/> to before <paramref name="end"/>, counted from this piece's start.</summary>
    public TextPiece Part(int start, int end) => new(Text, Start + start, end - start, OpensText && start == 0);
}

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The split patterns of Llama 3 and of Qwen 2 and 3, by hand: the ids of a large text are dominated by this scan.</summary>
/// <remarks>They differ only in how many digits a word has. Tests hold both equal to their regular expressions.</remarks>
/// <param name="longestNumber">Digits in one word: 3 for Llama 3, 1 for Qwen.</param>
internal sealed class ContractionPattern(int longestNumber) : IWordPattern
{
    /// <summary>The pattern of Llama 3 as tokenizers write it.</summary>
    public const string Llama3Expression = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of Qwen 2 and 3 as tokenizers write it.</summary>
    public const string QwenExpression = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        int contraction = Contractions.LengthAt(text, start, ignoreCase: true);
        if (contraction > 0)
        {
            return start + contraction;
        }

        RuneClass first = RuneClasses.At(text, start, out int length);
        if (first == RuneClass.Number)
        {
            return EndOfNumber(text, start);
        }

        // [^\r\n\p{L}\p{N}]?\p{L}+ : any one character but a line end may lead a run of letters.
        int second = start + length;
        bool leads = first != RuneClass.Letter && text[start] is not ('\r' or '\n')
            && second < text.Length && RuneClasses.At(text, second, out _) == RuneClass.Letter;
        if (first == RuneClass.Letter || leads)
        {
            return RuneClasses.EndOfRun(text, leads ? second : start, RuneClass.Letter);
        }

        // " ?[^\s\p{L}\p{N}]+[\r\n]*"
        int symbols = text[start] == ' ' ? second : start;
        int symbolsEnd = RuneClasses.EndOfRun(text, symbols, RuneClass.Other);
        return symbolsEnd > symbols ? EndOfLineEnds(text, symbolsEnd) : EndOfSpace(text, start);
    }

    private int EndOfNumber(ReadOnlySpan<char> text, int start)
    {
        int end = start;
        for (int digits = 0; digits < longestNumber && end < text.Length && RuneClasses.At(text, end, out int length) == RuneClass.Number; digits++)
        {
            end += length;
        }

        return end;
    }

    private static int EndOfLineEnds(ReadOnlySpan<char> text, int start)
    {
        int rest = text[start..].IndexOfAnyExcept('\r', '\n');
        return rest < 0 ? text.Length : start + rest;
    }

    private static int EndOfSpace(ReadOnlySpan<char> text, int start)
    {
        // \s*[\r\n]+ takes the run of spaces up to its last line end.
        int end = RuneClasses.EndOfRun(text, start, RuneClass.Space);
        int lastLineEnd = text[start..end].LastIndexOfAny('\r', '\n');
        return lastLineEnd >= 0 ? start + lastLineEnd + 1 : SpaceRun.EndOfWord(text, start);
    }
}

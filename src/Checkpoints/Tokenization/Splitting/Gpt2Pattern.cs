namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The split pattern of GPT-2, by hand: the ids of a large text are dominated by this scan.</summary>
/// <remarks>Tests hold it equal to the regular expression.</remarks>
internal sealed class Gpt2Pattern : IWordPattern
{
    /// <summary>The pattern as tokenizers write it.</summary>
    public const string Expression = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        int contraction = Contractions.LengthAt(text, start, ignoreCase: false);
        if (contraction > 0)
        {
            return start + contraction;
        }

        int body = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        RuneClass runeClass = RuneClasses.At(text, body, out _);
        return runeClass == RuneClass.Space
            ? SpaceRun.EndOfWord(text, start)
            : RuneClasses.EndOfRun(text, body, runeClass);
    }
}

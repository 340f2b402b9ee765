namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The end of the split patterns: <c>\s+(?!\S)|\s+</c>.</summary>
internal static class SpaceRun
{
    /// <summary>The end of a word that starts with white space: the run, less its last space where a word follows that
    /// may take it.</summary>
    public static int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        // Every white-space character is one code unit.
        int end = RuneClasses.EndOfRun(text, start, RuneClass.Space);
        return end < text.Length && end - start > 1 ? end - 1 : end;
    }
}

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Cuts a piece where a pattern matches.</summary>
/// <param name="matcher">The pattern.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="invert">Whether matches and what lies between them change roles.</param>
internal sealed class PatternSplitter(IMatcher matcher, SplitBehavior behavior, bool invert) : ISplitter
{
    /// <inheritdoc/>
    public void Split(TextPiece piece, List<TextPiece> parts)
    {
        List<Stretch> stretches = [];
        matcher.FindStretches(piece.Span, stretches);
        int start = 0;
        for (int index = 0; index < stretches.Count; index++)
        {
            bool isMatch = stretches[index].IsMatch != invert;
            if (index + 1 < stretches.Count && IsJoined(isMatch, stretches[index + 1].IsMatch != invert))
            {
                continue;
            }

            int end = stretches[index].End;
            if (end > start && !(isMatch && behavior == SplitBehavior.Removed))
            {
                parts.Add(piece.Part(start, end));
            }

            start = end;
        }
    }

    private bool IsJoined(bool isMatch, bool nextIsMatch) => behavior switch
    {
        SplitBehavior.Contiguous => isMatch == nextIsMatch,
        SplitBehavior.MergedWithPrevious => !isMatch && nextIsMatch,
        SplitBehavior.MergedWithNext => isMatch && !nextIsMatch,
        _ => false,
    };
}

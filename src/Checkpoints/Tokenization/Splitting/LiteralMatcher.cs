namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The places of a fixed text.</summary>
/// <param name="literal">The text, not empty.</param>
internal sealed class LiteralMatcher(string literal) : IMatcher
{
    /// <inheritdoc/>
    public void FindStretches(ReadOnlySpan<char> text, List<Stretch> stretches)
    {
        int taken = 0;
        while (text[taken..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and int distance)
        {
            if (distance > 0)
            {
                stretches.Add(new Stretch(taken, taken + distance, IsMatch: false));
            }

            taken += distance + literal.Length;
            stretches.Add(new Stretch(taken - literal.Length, taken, IsMatch: true));
        }

        if (taken < text.Length)
        {
            stretches.Add(new Stretch(taken, text.Length, IsMatch: false));
        }
    }
}

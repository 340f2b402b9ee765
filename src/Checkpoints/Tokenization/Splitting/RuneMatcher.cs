using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Matches single code points of a kind.</summary>
internal sealed class RuneMatcher(Predicate<Rune> isMatch) : IMatcher
{
    /// <inheritdoc/>
    public void FindStretches(ReadOnlySpan<char> text, List<Stretch> stretches)
    {
        int taken = 0;
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int next = position + rune.Utf16SequenceLength;
            if (isMatch(rune))
            {
                if (taken < position)
                {
                    stretches.Add(new Stretch(taken, position, IsMatch: false));
                }

                stretches.Add(new Stretch(position, next, IsMatch: true));
                taken = next;
            }

            position = next;
        }

        if (taken < position)
        {
            stretches.Add(new Stretch(taken, position, IsMatch: false));
        }
    }
}

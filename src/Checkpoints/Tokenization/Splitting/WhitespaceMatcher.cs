using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Runs of word characters and runs of other characters: <c>\w+|[^\w\s]+</c>, with the <c>\w</c> of <see cref="WordRunes"/>.</summary>
internal sealed class WhitespaceMatcher : IMatcher
{
    private enum Kind
    {
        Space,
        Word,
        Other,
    }

    /// <inheritdoc/>
    public void FindStretches(ReadOnlySpan<char> text, List<Stretch> stretches)
    {
        int start = 0;
        int position = 0;
        Kind running = Kind.Space;
        foreach (Rune rune in text.EnumerateRunes())
        {
            Kind kind = Rune.IsWhiteSpace(rune) ? Kind.Space : WordRunes.IsWord(rune) ? Kind.Word : Kind.Other;
            if (kind != running && position > start)
            {
                stretches.Add(new Stretch(start, position, running != Kind.Space));
                start = position;
            }

            running = kind;
            position += rune.Utf16SequenceLength;
        }

        if (position > start)
        {
            stretches.Add(new Stretch(start, position, running != Kind.Space));
        }
    }
}

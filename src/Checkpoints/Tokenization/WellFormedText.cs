namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>Makes UTF-16 well-formed.</summary>
internal static class WellFormedText
{
    /// <summary>The text with U+FFFD for every surrogate that has no partner, as UTF-8 encoders write it.</summary>
    public static string Of(string text)
    {
        int lone = IndexOfLoneSurrogate(text);
        if (lone < 0)
        {
            return text;
        }

        return string.Create(text.Length, text, static (characters, text) =>
        {
            text.CopyTo(characters);
            for (int lone = IndexOfLoneSurrogate(characters); lone >= 0;)
            {
                characters[lone] = '\uFFFD';
                int next = IndexOfLoneSurrogate(characters[(lone + 1)..]);
                lone = next < 0 ? next : lone + 1 + next;
            }
        });
    }

    private static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        int position = 0;
        while (text[position..].IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and int distance)
        {
            position += distance;
            if (!char.IsHighSurrogate(text[position]) || position + 1 == text.Length || !char.IsLowSurrogate(text[position + 1]))
            {
                return position;
            }

            position += 2;
        }

        return -1;
    }
}

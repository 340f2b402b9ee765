namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Korean syllables, which are composed by arithmetic: the Unicode Standard, section 3.12.</summary>
internal static class Hangul
{
    private const int FirstSyllable = 0xAC00;
    private const int FirstLead = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int BeforeFirstTail = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28; // with "no tail"
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    /// <summary>Gets the letters that join the syllable before them.</summary>
    public static IEnumerable<int> JoiningJamo =>
        Enumerable.Range(FirstVowel, VowelCount).Concat(Enumerable.Range(BeforeFirstTail + 1, TailCount - 1));

    /// <summary>Appends the letters of a syllable; false for anything else.</summary>
    public static bool TryDecompose(int codePoint, List<int> parts)
    {
        int index = codePoint - FirstSyllable;
        if (index is < 0 or >= SyllableCount)
        {
            return false;
        }

        parts.Add(FirstLead + (index / (VowelCount * TailCount)));
        parts.Add(FirstVowel + (index / TailCount % VowelCount));
        if (index % TailCount != 0)
        {
            parts.Add(BeforeFirstTail + (index % TailCount));
        }

        return true;
    }

    /// <summary>Joins a lead and a vowel, or a syllable without tail and a tail.</summary>
    public static bool TryCompose(int first, int second, out int composed)
    {
        composed = 0;
        int lead = first - FirstLead;
        int vowel = second - FirstVowel;
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
        {
            composed = FirstSyllable + (((lead * VowelCount) + vowel) * TailCount);
        }

        int syllable = first - FirstSyllable;
        int tail = second - BeforeFirstTail;
        if (syllable is >= 0 and < SyllableCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
        {
            composed = first + tail;
        }

        return composed != 0;
    }
}

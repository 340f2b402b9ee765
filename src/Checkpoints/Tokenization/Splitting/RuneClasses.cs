using System.Globalization;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Classifies the code points of a text.</summary>
internal static class RuneClasses
{
    private static readonly RuneClass[] BasicPlane = Build();

    /// <summary>The class of the code point at a position of well-formed UTF-16, and its length in code units.</summary>
    public static RuneClass At(ReadOnlySpan<char> text, int position, out int length)
    {
        char first = text[position];
        if (!char.IsHighSurrogate(first))
        {
            length = 1;
            return BasicPlane[first];
        }

        length = 2;
        return Classify(char.ConvertToUtf32(first, text[position + 1]));
    }

    /// <summary>The end of the longest run of one class that starts at a position.</summary>
    public static int EndOfRun(ReadOnlySpan<char> text, int start, RuneClass runeClass)
    {
        int end = start;
        while (end < text.Length && At(text, end, out int length) == runeClass)
        {
            end += length;
        }

        return end;
    }

    private static RuneClass Classify(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        <= UnicodeCategory.OtherLetter => RuneClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => RuneClass.Number,
        _ => codePoint <= char.MaxValue && char.IsWhiteSpace((char)codePoint) ? RuneClass.Space : RuneClass.Other,
    };

    private static RuneClass[] Build()
    {
        RuneClass[] classes = new RuneClass[char.MaxValue + 1];
        for (int codePoint = 0; codePoint < classes.Length; codePoint++)
        {
            classes[codePoint] = Classify(codePoint);
        }

        return classes;
    }
}

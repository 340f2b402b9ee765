using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The <c>\w</c> of Unicode TR 18: alphabetic characters, marks, decimal digits, connectors and joiners.</summary>
internal static class WordRunes
{
    /// <summary>Whether a code point can be part of a word.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.LetterNumber => true, // letters, marks, decimal digits and letter numbers come first in the enumeration
        UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        UnicodeCategory.OtherSymbol => IsCircledLetter(rune.Value),
        _ => false,
    };

    /// <summary>Whether a code point is a circled or squared Latin letter: the alphabetic symbols.</summary>
    public static bool IsCircledLetter(int codePoint) => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
        or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>Whether the last code point of a text is part of a word.</summary>
    public static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    /// <summary>Whether the first code point of a text is part of a word.</summary>
    public static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);
}

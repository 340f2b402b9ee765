using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

/// <summary>Texts of the kinds that tokenizers get wrong.</summary>
internal static class TextGenerator
{
    private static readonly string[] Fragments =
    [
        "a", "Z", "the", " the", "ß", "é", "e\u0301", "Ж", "ひ", "漢", "가", "ก", "ש\u05B8", "م", "क\u094D", " ", "  ", "   ", "\n", "\r\n", "\t", "\u00A0", "\u3000", "\u2028", "\u0085",
        "0", "12", "1234", "½", "٣", "Ⅷ", "'", "'s", "'S", "'ſ", "'re", "'LL", "'t", ".", ",", "!?", "(", "/", "//", "_", "-", "$", "€", "▁", "\u200D", "\uFE0F", "\uFFFD", "\0",
        "\U0001F600", "\U0001F44D\U0001F3FD", "\U00020000", "\U0001D400", "\U0001D7CE", "\U00010400", "\U000E0041", "\U0001F130",
    ];

    /// <summary>Well-formed texts of up to some dozens of fragments.</summary>
    public static Arbitrary<string> WellFormed() => Arb.From(
        Gen.ListOf(Gen.OneOf(Gen.Elements(Fragments), Gen.Elements(Fragments), AnyRune())).Select(static parts => string.Concat(parts)));

    /// <summary>Texts that also hold surrogates without a partner.</summary>
    public static Arbitrary<string> Any() => Arb.From(
        Gen.ListOf(Gen.OneOf(Gen.Elements(Fragments), Gen.Elements("\uD83D", "\uDE00", "\uD800", "\uDFFF"), AnyRune())).Select(static parts => string.Concat(parts)));

    private static Gen<string> AnyRune() => Gen.Choose(0, 0x10FFFF).Select(static value => Rune.IsValid(value) ? new Rune(value).ToString() : "x");
}

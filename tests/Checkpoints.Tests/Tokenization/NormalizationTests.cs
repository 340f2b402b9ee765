using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Checkpoints.Tokenization.Normalization;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class NormalizationTests
{
    private static readonly UnicodeNormalizer Nfc = new(compose: true, compatible: false);
    private static readonly UnicodeNormalizer Nfd = new(compose: false, compatible: false);
    private static readonly UnicodeNormalizer Nfkc = new(compose: true, compatible: true);
    private static readonly UnicodeNormalizer Nfkd = new(compose: false, compatible: true);

    public static TheoryData<string> Forms => ["NFC", "NFD", "NFKC", "NFKD"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Normalize_EveryCodePointThatChanges_EqualsNode(string form)
    {
        (string expected, int expectedCount) = ReferenceData.NormalizationHash(form);
        UnicodeNormalizer normalizer = form switch { "NFC" => Nfc, "NFD" => Nfd, "NFKC" => Nfkc, _ => Nfkd };
        StringBuilder text = new();
        int count = 0;
        for (int codePoint = 0x80; codePoint <= 0x10FFFF; codePoint++)
        {
            if (codePoint is >= 0xD800 and <= 0xDFFF || (codePoint is >= 0x30000 and < 0xE0000) || codePoint > 0xE0FFF)
            {
                continue;
            }

            string character = char.ConvertFromUtf32(codePoint);
            if (Nfkd.Normalize(character) != character)
            {
                count++;
                // Alone with marks that follow in the wrong order, after another base, and before a Hangul tail.
                text.Append(normalizer.Normalize($"{character}\u0301\u0323 {character}\u05B0\u0334|a{character}\u11A8"));
            }
        }

        Assert.Equal(expectedCount, count);
        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))));
    }

    [Property(MaxTest = 300)]
    public Property Normalize_FormsOfOneText_AgreeWithEachOther() => Prop.ForAll(TextGenerator.WellFormed(), static text =>
    {
        Assert.Equal(Nfc.Normalize(text), Nfc.Normalize(Nfc.Normalize(text)));
        Assert.Equal(Nfc.Normalize(text), Nfc.Normalize(Nfd.Normalize(text)));
        Assert.Equal(Nfd.Normalize(text), Nfd.Normalize(Nfc.Normalize(text)));
        Assert.Equal(Nfkc.Normalize(text), Nfkc.Normalize(Nfkd.Normalize(text)));
        Assert.Equal(Nfkd.Normalize(text), Nfkd.Normalize(Nfc.Normalize(text)));
    });
}

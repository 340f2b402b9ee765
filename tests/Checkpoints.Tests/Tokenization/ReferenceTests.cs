using OutlierQuant.Checkpoints.Tokenization;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

/// <summary>Holds the tokenizer to the tokenizers library (see Data/README.md).</summary>
public class ReferenceTests
{
    public static TheoryData<string> Names => [.. ReferenceData.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_EveryText_EqualsTheLibrary(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(ReferenceData.Directory, name));
        foreach (ReferenceData.Encoding expected in ReferenceData.Encodings(name))
        {
            Expect(expected.Ids, tokenizer.Encode(expected.Text), expected.Text);
            Expect(expected.Framed, tokenizer.Encode(expected.Text, addSpecialTokens: true), expected.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_EveryText_EqualsTheLibrary(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(ReferenceData.Directory, name));
        foreach (ReferenceData.Encoding expected in ReferenceData.Encodings(name))
        {
            Assert.Equal(expected.Decoded, tokenizer.Decode(expected.Framed));
            Assert.Equal(expected.DecodedWhole, tokenizer.Decode(expected.Framed, skipSpecialTokens: false));
        }
    }

    private static void Expect(int[] expected, int[] actual, string text) =>
        Assert.True(expected.SequenceEqual(actual), $"'{text}': [{string.Join(' ', actual)}], but the library gives [{string.Join(' ', expected)}]");
}

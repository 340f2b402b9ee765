using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Checkpoints.Tokenization;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class StreamingDecoderTests
{
    private static readonly Dictionary<string, Tokenizer> Tokenizers = ReferenceData.Names().ToDictionary(static name => name, TokenizerFixture.Load);

    public static TheoryData<string> Names => [.. ReferenceData.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_EveryText_JoinsToTheDecodedText(string name)
    {
        Tokenizer tokenizer = Tokenizers[name];
        foreach (ReferenceData.Encoding encoding in ReferenceData.Encodings(name))
        {
            Assert.Equal(encoding.Decoded, Stream(tokenizer, encoding.Framed));
        }
    }

    [Property(MaxTest = 300)]
    public Property Append_AnyIds_JoinsToTheirBytes()
    {
        Gen<(Tokenizer Tokenizer, int[] Ids)> samples =
            from tokenizer in Gen.Elements(Tokenizers.Values.ToArray())
            from ids in Gen.ListOf(Gen.Choose(0, tokenizer.VocabularySize - 1))
            select (tokenizer, ids.ToArray());
        return Prop.ForAll(Arb.From(samples), static sample =>
            Assert.Equal(Encoding.UTF8.GetString(sample.Tokenizer.DecodeBytes(sample.Ids)), Stream(sample.Tokenizer, sample.Ids)));
    }

    [Fact]
    public void Append_CharacterOverSeveralTokens_AppearsWithItsLastByte()
    {
        Tokenizer tokenizer = Tokenizers["gpt2"];
        int[] ids = tokenizer.Encode("\U0001F9EA!");
        StreamingDecoder stream = tokenizer.StartStream();

        string[] parts = [.. ids.Select(stream.Append)];

        Assert.Equal(["", "", "", "\U0001F9EA", "!"], parts);
        Assert.Equal("", stream.Finish());
    }

    [Fact]
    public void Finish_IncompleteCharacter_GivesReplacementCharacter()
    {
        Tokenizer tokenizer = Tokenizers["llama2"];
        int[] ids = tokenizer.Encode("\u2603"); // a mark for the space, then three bytes
        StreamingDecoder stream = tokenizer.StartStream();

        Assert.Equal("", string.Concat(ids[..^1].Select(stream.Append)));
        Assert.Equal("\uFFFD", stream.Finish());
    }

    [Fact]
    public void Append_DecoderThatMayTakeTextBack_GivesAllAtTheEnd()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static json => json["decoder"] = JsonNode.Parse(
            "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Fuse\"}, {\"type\": \"Strip\", \"content\": \"b\", \"start\": 0, \"stop\": 1}]}"));
        StreamingDecoder stream = tokenizer.StartStream();

        Assert.Equal("", stream.Append(0) + stream.Append(1) + stream.Append(5) + stream.Append(1));
        Assert.Equal("ab", stream.Finish());
    }

    private static string Stream(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder stream = tokenizer.StartStream();
        return string.Concat(ids.Select(stream.Append)) + stream.Finish();
    }
}

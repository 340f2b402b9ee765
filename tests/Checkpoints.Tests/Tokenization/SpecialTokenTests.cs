using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Tokenization;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class SpecialTokenTests
{
    [Theory]
    [InlineData(null, new[] { 5, 4 }, 5, null)] // the template of tokenizer.json
    [InlineData("{}", new[] { 5, 4 }, 5, null)]
    [InlineData("{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"abc\"}}", new[] { 5, 4 }, 5, 4)]
    [InlineData("{\"bos_token\": \"<s>\", \"add_bos_token\": true}", new[] { 5, 4 }, 5, null)]
    [InlineData("{\"bos_token\": \"<s>\", \"add_bos_token\": false}", new[] { 4 }, 5, null)]
    [InlineData("{\"bos_token\": null, \"add_bos_token\": false}", new[] { 4 }, null, null)]
    [InlineData("{\"bos_token\": null, \"add_bos_token\": true}", new[] { 4 }, null, null)] // as in the transformers library
    [InlineData("{\"bos_token\": \"<s>\", \"eos_token\": \"<s>\", \"add_eos_token\": true}", new[] { 4, 5 }, 5, 5)]
    [InlineData("{\"bos_token\": \"a\", \"eos_token\": \"b\", \"add_bos_token\": true, \"add_eos_token\": true}", new[] { 0, 4, 1 }, 0, 1)]
    public void Encode_WithSpecialTokens_FollowsConfigurationThenTemplate(string? config, int[] expected, int? bos, int? eos)
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static _ => { }, config);

        Assert.Equal(expected, tokenizer.Encode("abc", addSpecialTokens: true));
        Assert.Equal([4], tokenizer.Encode("abc"));
        Assert.Equal((bos, eos), (tokenizer.BosTokenId, tokenizer.EosTokenId));
    }

    [Fact]
    public void TextTokenIds_HoleAndSpecialToken_AreLeftOut()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static json => (json["added_tokens"]![0]!["id"], json["post_processor"]) = (7, null));

        Assert.Equal([0, 1, 2, 3, 4], tokenizer.TextTokenIds());
        Assert.Equal(8, tokenizer.VocabularySize);
    }

    [Fact]
    public void Encode_EmptyText_GivesOnlyTheTemplate()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static _ => { });

        Assert.Empty(tokenizer.Encode(""));
        Assert.Equal([5], tokenizer.Encode("", addSpecialTokens: true));
    }

    [Fact]
    public void Encode_TemplatesInSequence_WrapEachOther()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static json =>
        {
            JsonNode template = json["post_processor"]!.DeepClone();
            template["single"]!.AsArray().Add(JsonNode.Parse("{\"SpecialToken\": {\"id\": \"c\", \"type_id\": 0}}"));
            template["special_tokens"]!["c"] = JsonNode.Parse("{\"id\": \"c\", \"ids\": [2, 1], \"tokens\": [\"c\", \"b\"]}");
            json["post_processor"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["processors"] = new JsonArray(JsonNode.Parse("{\"type\": \"ByteLevel\"}"), template, template.DeepClone()),
            };
        });

        Assert.Equal([5, 5, 4, 2, 1, 2, 1], tokenizer.Encode("abc", addSpecialTokens: true));
    }

    [Fact]
    public void Decode_SpecialTokens_AreSkippedOnRequest()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static _ => { });

        Assert.Equal("abca", tokenizer.Decode([5, 4, 5, 0]));
        Assert.Equal("<s>abc<s>a", tokenizer.Decode([5, 4, 5, 0], skipSpecialTokens: false));
    }

    [Fact]
    public void Decode_NoDecoder_JoinsWithSpaces()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static json => json["decoder"] = null);

        Assert.Equal("abc a", tokenizer.Decode([5, 4, 0]));
    }

    [Fact]
    public void Encode_DuplicateMerge_KeepsTheLastRank()
    {
        // The tokenizers library enters merges into a map, so the pair (a, b) is joined after (b, c) here.
        Tokenizer tokenizer = TokenizerFixture.Read(static json =>
        {
            json["model"]!["vocab"]!["bc"] = 6;
            json["model"]!["merges"] = new JsonArray("a b", "b c", "a b");
        });

        Assert.Equal([0, 6], tokenizer.Encode("abc"));
    }
}

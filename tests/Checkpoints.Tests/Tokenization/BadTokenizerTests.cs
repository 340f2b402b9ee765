using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class BadTokenizerTests
{
    // A path to a value of the small tokenizer, what to put there, and what the message must say.
    public static TheoryData<string, string, string> Changes => new()
    {
        { "version", "\"2.0\"", "\"version\" is '2.0'; only version \"1.0\" is supported" },
        { "model", "null", "the file has no value for \"model\"; one is required" },
        { "model", "[]", "\"model\" is an array; an object is required" },
        { "model.type", "\"Unigram\"", "\"model.type\" is 'Unigram'; only \"BPE\" is supported" },
        { "model.vocab", "[]", "\"model.vocab\" is an array; an object from pieces to ids is required" },
        { "model.vocab.b", "-1", "\"model.vocab['b']\" is -1; an integer from 0 to 4194303 is required" },
        { "model.vocab.b", "4194304", "\"model.vocab['b']\" is 4194304; an integer from 0 to 4194303 is required" },
        { "model.vocab.b", "1.5", "\"model.vocab['b']\" is 1.5; an integer" },
        { "model.vocab.b", "\"1\"", "\"model.vocab['b']\" is '1'; an integer" },
        { "model.vocab.b", "0", "\"model.vocab['b']\" is 0, the id of 'a'; one id has one piece" },
        { "model.merges", "{}", "\"model.merges\" is an object; an array is required" },
        { "model.merges[1]", "\"ab d\"", "\"model.merges[1]\" needs the piece 'd', which \"model.vocab\" lacks" },
        { "model.merges[1]", "[\"a\", \"c\"]", "\"model.merges[1]\" needs the piece 'ac', which \"model.vocab\" lacks" },
        { "model.merges[1]", "\"a b c\"", "\"model.merges[1]\" is not a pair; \"left right\" or [\"left\", \"right\"] is required" },
        { "model.merges[1]", "[\"a\"]", "\"model.merges[1]\" is not a pair" },
        { "model.merges[1]", "[\"a\", 1]", "\"model.merges[1][1]\" is 1; a string is required" },
        { "model.merges[1]", "7", "\"model.merges[1]\" is 7; a string is required" },
        { "model.dropout", "0.1", "\"model.dropout\" is set; it must be null or 0" },
        { "model.continuing_subword_prefix", "\"##\"", "\"model.continuing_subword_prefix\" is set; it must be null or empty" },
        { "model.end_of_word_suffix", "\"</w>\"", "\"model.end_of_word_suffix\" is set; it must be null or empty" },
        { "model.unk_token", "\"<unk>\"", "\"model.unk_token\" is '<unk>', which \"model.vocab\" lacks" },
        { "model.byte_fallback", "1", "\"model.byte_fallback\" is 1; true or false is required" },
        { "added_tokens", "{}", "\"added_tokens\" is an object; an array is required" },
        { "added_tokens[0].content", "\"\"", "\"added_tokens[0]\" has an empty \"content\"" },
        { "added_tokens[0].content", "\"b\"", "\"added_tokens[0]\" gives 'b' the id 5, but \"model.vocab\" gives it 1" },
        { "added_tokens[0].id", "3", "\"added_tokens[0]\" gives '<s>' the id 3, which belongs to 'ab'" },
        { "added_tokens[0].id", "null", "\"added_tokens[0]\" has no value for \"id\"" },
        { "normalizer", "{\"type\": \"Precompiled\"}", "\"normalizer\" has the type 'Precompiled'; supported are Sequence, NFC" },
        { "normalizer", "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Nmt\"}]}", "\"normalizer.normalizers[0]\" has the type 'Nmt'" },
        { "normalizer", "{\"type\": \"Replace\", \"pattern\": {}, \"content\": \"\"}", "\"normalizer.pattern\" is neither {\"String\": …} nor {\"Regex\": …}" },
        { "normalizer", "{\"type\": \"Replace\", \"pattern\": {\"String\": \"\"}, \"content\": \"\"}", "\"normalizer.pattern.String\" is empty" },
        { "pre_tokenizer", "{\"type\": \"BertPreTokenizer\"}", "\"pre_tokenizer\" has the type 'BertPreTokenizer'; supported are Sequence, ByteLevel" },
        { "pre_tokenizer", "{}", "\"pre_tokenizer\" has no value for \"type\"" },
        { "pre_tokenizer", "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"ByteLevel\"}, {\"type\": \"Digits\"}]}", "\"pre_tokenizer.pretokenizers[1]\" has the type 'Digits' after ByteLevel" },
        { "pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a\"}, \"behavior\": \"Isolated\"}", "\"pre_tokenizer.pattern.Regex\" is a pattern that cannot be used: at character 2 a group is not closed" },
        { "pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\\\\p{Han}+\"}, \"behavior\": \"Isolated\"}", "the property 'Han' is not supported" },
        { "pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"String\": \"a\"}, \"behavior\": \"isolated\"}", "\"pre_tokenizer.behavior\" is 'isolated'; one of Removed, Isolated" },
        { "pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"ab\"}", "\"pre_tokenizer.replacement\" is 'ab'; one character is required" },
        { "pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": \"last\"}", "\"pre_tokenizer.prepend_scheme\" is 'last'" },
        { "pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": \"first\", \"add_prefix_space\": false}", "\"pre_tokenizer.add_prefix_space\" is false, but \"prepend_scheme\" is not \"never\"" },
        { "post_processor", "{\"type\": \"BertProcessing\"}", "\"post_processor\" has the type 'BertProcessing'; supported are TemplateProcessing" },
        { "post_processor.single[0].SpecialToken.id", "\"<t>\"", "is '<t>', which \"post_processor.special_tokens\" lacks" },
        { "post_processor.single[1].Sequence.id", "\"B\"", "\"post_processor.single[1]\" is neither a SpecialToken nor the first Sequence \"A\"" },
        { "post_processor.single", "[]", "\"post_processor.single\" does not hold the Sequence \"A\"" },
        { "post_processor.special_tokens.<s>.ids", "[9]", "is 9, which belongs to no token; the ids of this tokenizer end at 5" },
        { "decoder", "{\"type\": \"CTC\"}", "\"decoder\" has the type 'CTC'; supported are Sequence, ByteLevel" },
        { "decoder", "{\"type\": \"Strip\", \"content\": \" \", \"start\": -1, \"stop\": 0}", "\"decoder.start\" is -1; an integer from 0 to" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Load_ChangedValue_SaysWhatIsWrongAndWhere(string path, string value, string expected)
    {
        JsonObject json = TokenizerFixture.Small();
        Replace(json, path, JsonNode.Parse(value));
        string text = json.ToJsonString();

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(text));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer.json", exception.Path, StringComparison.Ordinal);
        Assert.InRange(exception.ByteOffset, 0, text.Length);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void Load_ValueInTheMiddle_GivesItsByteOffset()
    {
        const string Json = "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"ä\": true}, \"merges\": []}}";

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(Json));

        Assert.Equal(Json.IndexOf("true", StringComparison.Ordinal) + 1, exception.ByteOffset); // ä is two bytes
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("[]", 0)]
    [InlineData("{\"version\": \"1.0\",\n\"model\": }", 28)]
    [InlineData("{\"a\": 1}\n{", 9)]
    [InlineData("{\"model\": {\"vocab\": {\"a\": 0, \"\\u0061\": 1}}}", null)]
    [InlineData("{\"added_tokens\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", null)]
    public void Load_NotOneJsonObject_Throws(string json, int? byteOffset)
    {
        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(json));

        Assert.Equal(byteOffset ?? exception.ByteOffset, exception.ByteOffset);
    }

    [Fact]
    public void Load_EveryTruncation_Throws()
    {
        string json = TokenizerFixture.Small().ToJsonString();
        for (int length = 0; length < json.Length; length += 7)
        {
            Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(json[..length]));
        }
    }

    [Theory]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"\\ud800\": 0}, \"merges\": []}}")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"\\ud800 a\"]}}")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}, \"added_tokens\": [{\"id\": 0, \"content\": \"\\udc00\"}]}")]
    public void Load_LoneSurrogateInAPiece_Throws(string json)
    {
        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(json));

        Assert.Contains("surrogate", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("value")]
    public void Load_BytesThatAreNotUtf8_GivesTheirOffset(string where)
    {
        using TemporaryDirectory directory = new();
        byte[] json = System.Text.Encoding.UTF8.GetBytes("{\"model\": {\"vocab\": {\"key\": 0}, \"merges\": [\"value\"]}}");
        int offset = json.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(where));
        json[offset] = 0xFF;
        directory.Write("tokenizer.json", json);

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(directory.Path));

        Assert.Equal(offset, exception.ByteOffset);
        Assert.Contains("the bytes are not UTF-8", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TooLongFile_IsRefusedUnread()
    {
        using TemporaryDirectory directory = new();
        using (FileStream stream = File.Create(directory.File("tokenizer.json")))
        {
            stream.SetLength(100_000_001); // sparse: no space is taken
        }

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(directory.Path));

        Assert.Contains("the file has 100000001 bytes; at most 100000000 are read", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoTokenizer_NamesTheFile()
    {
        using TemporaryDirectory directory = new();

        FileNotFoundException exception = Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(directory.Path));

        Assert.Contains("has no tokenizer.json", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"bos_token\": \"<bos>\"}", "\"bos_token\" is '<bos>', which tokenizer.json lacks")]
    [InlineData("{\"eos_token\": {\"id\": 5}}", "\"eos_token\" has no value for \"content\"")]
    [InlineData("{\"bos_token\": 5}", "\"bos_token\" is 5; a string is required")]
    [InlineData("{\"add_bos_token\": \"yes\"}", "\"add_bos_token\" is 'yes'; true or false is required")]
    [InlineData("no json", "valid json")]
    public void Load_BadConfiguration_NamesTheFileAndKey(string config, string expected)
    {
        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(static _ => { }, config));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer_config.json", exception.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AddedTokensThatNormalizationMakesEqual_Throws()
    {
        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(static json =>
        {
            json["normalizer"] = JsonNode.Parse("{\"type\": \"Lowercase\"}");
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse("{\"id\": 6, \"content\": \"tool\", \"normalized\": true}"));
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse("{\"id\": 7, \"content\": \"TOOL\", \"normalized\": true}"));
        }));

        Assert.Contains("has the token 'TOOL', which the normalizer makes 'tool'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AddedTokenListedTwice_Throws()
    {
        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => TokenizerFixture.Read(static json =>
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse("{\"id\": 5, \"content\": \"<s>\"}"))));

        Assert.Contains("adds '<s>' a second time", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_CharacterWithoutAPiece_NamesTheCharacter()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static _ => { });

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => tokenizer.Encode("ab\U0001F600"));

        Assert.Contains("no piece for the character U+1F600", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_ByteWithoutAPiece_NamesTheByte()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static json => json["pre_tokenizer"] = JsonNode.Parse("{\"type\": \"ByteLevel\", \"add_prefix_space\": false}"));

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => tokenizer.Encode("aé"));

        Assert.Contains("no piece for the byte 0xC3 of the character U+00E9", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    [InlineData(int.MaxValue)]
    public void Decode_IdOfNoToken_Throws(int id)
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static _ => { });

        Assert.Throws<ArgumentOutOfRangeException>(nameof(id), () => tokenizer.Decode([0, id]));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(id), () => tokenizer.Piece(id));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(id), () => tokenizer.StartStream().Append(id));
    }

    [Fact]
    public void Decode_IdInAHole_Throws()
    {
        Tokenizer tokenizer = TokenizerFixture.Read(static json => json["model"]!["vocab"]!["c"] = 9);

        Assert.Equal(10, tokenizer.VocabularySize);
        Assert.Equal("c", tokenizer.Piece(9));
        Assert.Throws<ArgumentOutOfRangeException>("id", () => tokenizer.Decode([2]));
    }

    private static void Replace(JsonNode node, string path, JsonNode? value)
    {
        string[] keys = path.Replace("[", ".#", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        foreach (string key in keys[..^1])
        {
            node = key.StartsWith('#') ? node[IndexOf(key)]! : node[key]!;
        }

        if (keys[^1].StartsWith('#'))
        {
            node[IndexOf(keys[^1])] = value;
        }
        else
        {
            node[keys[^1]] = value;
        }
    }

    private static int IndexOf(string key) => int.Parse(key.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
}

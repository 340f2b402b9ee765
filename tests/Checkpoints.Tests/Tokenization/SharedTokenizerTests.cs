using System.Text.Json;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class SharedTokenizerTests
{
    [SharedTheory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-gpt2")]
    public void Encode_GoldenTexts_EqualsGoldenIds(string model)
    {
        string directory = SharedData.Require($"models/{model}");
        Tokenizer tokenizer = Tokenizer.Load(directory);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "golden", "tokens.json")));

        foreach (JsonElement item in golden.RootElement.EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(static id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.Encode(text, addSpecialTokens: true));
            Assert.Equal(text, tokenizer.Decode(ids));
        }

        Assert.Equal((4096, 0, 1), (tokenizer.VocabularySize, tokenizer.BosTokenId, tokenizer.EosTokenId));
    }

    [SharedTheory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-gpt2")]
    public void Decode_WholeText_GivesTheTextBack(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Require($"models/{model}"));
        string text = File.ReadAllText(SharedData.Require("text/valid.txt"));

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }
}

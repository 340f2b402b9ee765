using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Checkpoints.Tokenization;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class TokenizerProperties
{
    private static readonly Tokenizer Gpt2 = TokenizerFixture.Load("gpt2");
    private static readonly Tokenizer Llama3 = TokenizerFixture.Load("llama3");
    private static readonly Tokenizer Qwen2 = TokenizerFixture.Load("qwen2");
    private static readonly Tokenizer Llama2 = TokenizerFixture.Load("llama2");

    [Property(MaxTest = 300)]
    public Property DecodeOfEncode_ByteLevel_GivesTheTextBack() => Prop.ForAll(TextGenerator.WellFormed(), static text =>
    {
        Assert.Equal(text, Gpt2.Decode(Gpt2.Encode(text)));
        Assert.Equal(text, Llama3.Decode(Llama3.Encode(text, addSpecialTokens: true)));
        Assert.Equal(Encoding.UTF8.GetBytes(text), Gpt2.DecodeBytes(Gpt2.Encode(text)));
    });

    [Property(MaxTest = 200)]
    public Property DecodeOfEncode_Metaspace_GivesTheTextBack() => Prop.ForAll(TextGenerator.WellFormed(), static text =>
    {
        // A space mark in the text cannot be told from a space.
        string expected = text.Replace('▁', ' ');
        Assert.Equal(expected, Llama2.Decode(Llama2.Encode(text, addSpecialTokens: true)));
    });

    [Property(MaxTest = 200)]
    public Property Encode_LoneSurrogates_CountAsReplacementCharacters() => Prop.ForAll(TextGenerator.Any(), static text =>
    {
        string replaced = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        Assert.Equal(Qwen2.Encode(replaced), Qwen2.Encode(text));
        Assert.Equal(replaced, Gpt2.Decode(Gpt2.Encode(text)));
    });

    [Property(MaxTest = 200)]
    public Property Encode_SpecialTokenBetweenTexts_SeparatesThem() => Prop.ForAll(TextGenerator.WellFormed(), TextGenerator.WellFormed(), static (before, after) =>
    {
        int[] expected = [.. Gpt2.Encode(before), Gpt2.BosTokenId!.Value, .. Gpt2.Encode(after)];
        Assert.Equal(expected, Gpt2.Encode(before + "<|endoftext|>" + after));
    });

    [Property(MaxTest = 200)]
    public Property Decode_IdsOfTwoTexts_GivesBothTexts() => Prop.ForAll(TextGenerator.WellFormed(), TextGenerator.WellFormed(), static (first, second) =>
    {
        int[] ids = [.. Llama3.Encode(first), .. Llama3.Encode(second)];
        Assert.Equal(first + second, Llama3.Decode(ids));
    });

    [Property(MaxTest = 100)]
    public Property Encode_Again_GivesTheSameIds() => Prop.ForAll(TextGenerator.WellFormed(), static text =>
    {
        // The word cache of one tokenizer is warm, that of the other is not.
        Tokenizer fresh = TokenizerFixture.Load("llama2");
        Assert.Equal(fresh.Encode(text), Llama2.Encode(text));
        Assert.Equal(Llama2.Encode(text), Llama2.Encode(text));
    });

    [Fact]
    public void Encode_ManyThreadsAtOnce_GivesTheSameIds()
    {
        Tokenizer tokenizer = TokenizerFixture.Load("gpt2");
        string[] texts = [.. Enumerable.Range(0, 64).Select(static index => string.Join(' ', Enumerable.Range(index * 97, 300).Select(static number => $"word{number} {number}")))];
        Tokenizer other = TokenizerFixture.Load("gpt2");
        int[][] expected = [.. texts.Select(text => other.Encode(text))];
        int[][] actual = new int[texts.Length][];

        Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, index => actual[index] = tokenizer.Encode(texts[index]));

        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("gpt2", "a")]
    [InlineData("gpt2", "the")]
    [InlineData("llama2", "ab")]
    [InlineData("llama2", " ")]
    public void Encode_LongTextWithoutWords_IsNotQuadratic(string name, string unit)
    {
        Tokenizer tokenizer = TokenizerFixture.Load(name);
        string text = string.Concat(Enumerable.Repeat(unit, (1 << 18) / unit.Length)); // minutes, were it quadratic

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }
}

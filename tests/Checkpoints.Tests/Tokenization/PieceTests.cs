using OutlierQuant.Checkpoints.Tokenization;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class PieceTests
{
    [Theory]
    [InlineData("gpt2", " the", "Ġthe", " the")]
    [InlineData("gpt2", "\n", "Ċ", "\\n")]
    [InlineData("gpt2", "\t", "ĉ", "\\t")]
    [InlineData("gpt2", "\r", "č", "\\r")]
    [InlineData("gpt2", "\u0007", "ć", "\\u0007")]
    [InlineData("gpt2", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>")]
    [InlineData("llama2", "\n", "<0x0A>", "\\n")]
    [InlineData("llama2", "a the", "▁the", " the")]
    [InlineData("metaspace-split", "a the", "▁the", " the")]
    [InlineData("lowercase-words", "a the", "he", "he")]
    public void PieceAndPieceText_LastTokenOfAText_AreRawAndReadable(string name, string text, string piece, string readable)
    {
        Tokenizer tokenizer = TokenizerFixture.Load(name);
        int id = tokenizer.Encode(text)[^1];

        Assert.Equal(piece, tokenizer.Piece(id));
        Assert.Equal(readable, tokenizer.PieceText(id));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    public void PieceText_ByteOfACharacter_IsEscaped(string name)
    {
        Tokenizer tokenizer = TokenizerFixture.Load(name);
        int[] ids = tokenizer.Encode("\u2603");

        Assert.Equal("\\xE2\\x98\\x83", string.Concat(ids[^3..].Select(tokenizer.PieceText)));
    }

    [Fact]
    public void DecodeBytes_PartOfACharacter_KeepsTheBytes()
    {
        Tokenizer tokenizer = TokenizerFixture.Load("gpt2");
        int[] ids = tokenizer.Encode("a\u2603");

        Assert.Equal([0x61, 0xE2, 0x98], tokenizer.DecodeBytes(ids.AsSpan(0, 3)));
        Assert.Equal("a\uFFFD", tokenizer.Decode(ids.AsSpan(0, 3)));
    }

    [Fact]
    public void VocabularySize_AddedTokensBehindTheModel_CountsThem()
    {
        Assert.Equal(6, TokenizerFixture.Read(static _ => { }).VocabularySize);
    }
}

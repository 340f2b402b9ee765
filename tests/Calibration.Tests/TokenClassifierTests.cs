using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests;

public sealed class TokenClassifierTests
{
    [Theory]
    [InlineData(".", true)]
    [InlineData(" ,", true)]
    [InlineData("\n", true)]
    [InlineData(".\n\n", true)]
    [InlineData(" \"", true)]
    [InlineData("\r\n  ", true)]
    [InlineData("。", true)]
    [InlineData("  ", false)] // spaces alone separate nothing
    [InlineData("", false)]
    [InlineData(".5", false)]
    [InlineData("'s", false)]
    [InlineData(" the", false)]
    [InlineData("+", false)]
    [InlineData("�", false)] // half a character
    public void IsDelimiter_Text_NeedsPunctuationOrLineBreakAndNoLetterOrDigit(string text, bool expected) =>
        Assert.Equal(expected, TokenClassifier.IsDelimiter(text));

    [SharedFact]
    public void Classify_OneSequence_LooksAtPositionThenText()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Require("models/tiny-llama"));
        TokenClassifier classifier = new(tokenizer);
        int bos = tokenizer.BosTokenId!.Value;
        int comma = Assert.Single(tokenizer.Encode(","));
        int the = Assert.Single(tokenizer.Encode(" the"));
        int[] ids = [bos, the, comma, bos];

        Assert.Equal([TokenClass.Bos, TokenClass.Other, TokenClass.Delimiter, TokenClass.Other], classifier.Classify(new SequenceChunk(ids, 0, StartsWithBos: true)));
        Assert.Equal(TokenClass.First, classifier.Classify(new SequenceChunk(new[] { comma, the }, 0, StartsWithBos: false))[0]);
        Assert.Equal(TokenClass.Delimiter, classifier.Classify(new SequenceChunk(new[] { comma, the }, 5, StartsWithBos: true))[0]);
    }
}

using OutlierQuant.Checkpoints.Tokenization.Splitting;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class OnigurumaTests
{
    [Theory]
    [InlineData("a)", "at character 1 a group is closed that was not opened")]
    [InlineData("(a", "at character 2 a group is not closed")]
    [InlineData("[a", "at character 2 a set is not closed")]
    [InlineData("[z-a]", "a range falls")]
    [InlineData("[a-\\d]", "a class ends a range")]
    [InlineData("[a[b]]", "a set is combined with a set")]
    [InlineData("[a&&b]", "a set is combined with a set")]
    [InlineData("[[:alpha:]]", "a set is combined with a set")]
    [InlineData("[\\W]", "the escape \\W is not supported")]
    [InlineData("\\", "a backslash ends it")]
    [InlineData("(a)\\1", "the escape \\1 is not supported")]
    [InlineData("\\R", "the escape \\R is not supported")]
    [InlineData("\\p{Greek}", "the property 'Greek' is not supported")]
    [InlineData("\\pL", "the property '' is not supported")]
    [InlineData("\\x{110000}", "a number must be hexadecimal and at most FFFF")]
    [InlineData("\\xC3", "a number must be hexadecimal and at most 7F")]
    [InlineData("\\u12", "a number must be hexadecimal")]
    [InlineData("\\x{", "a number must be hexadecimal")]
    [InlineData("\U0001F600", "a character is named that is above U+FFFF")]
    [InlineData("[a-\U0001F600]", "a character is named that is above U+FFFF")]
    [InlineData("(?i)é", "a cased letter above U+007F")]
    [InlineData("(?i)ss", "also means a ligature")]
    [InlineData("a(?i)b", "where their reach is ambiguous")]
    [InlineData("(?<name>a)", "the group is of a kind that is not supported")]
    [InlineData("(?x)a", "the group is of a kind that is not supported")]
    [InlineData("*a", "the quantifier * has nothing before it to repeat")]
    [InlineData("a**", "a quantifier follows a quantifier")]
    [InlineData("^*", "a position is repeated")]
    [InlineData("a{3,2}", "the counts of a quantifier must rise")]
    [InlineData("a{99999999999}", "the counts of a quantifier must rise and stay below 1001")]
    public void Translate_WhatHasNoCounterpart_IsRefused(string pattern, string expected)
    {
        FormatException exception = Assert.Throws<FormatException>(() => OnigurumaTranslator.Translate(pattern));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_DeepOrLongPattern_IsRefused()
    {
        Assert.Throws<FormatException>(() => OnigurumaTranslator.Translate(new string('(', 5_000)));
        Assert.Throws<FormatException>(() => OnigurumaTranslator.Translate(new string('a', 10_001)));
    }

    [Fact]
    public void FindStretches_EndlessBacktracking_StopsWithAnError()
    {
        RegexMatcher matcher = new("tokenizer.json", "(a|aa)+b", OnigurumaTranslator.Translate("(a|aa)+b"), TimeSpan.FromMilliseconds(50));

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => matcher.FindStretches(new string('a', 200) + "!b", []));

        Assert.Contains("the pattern '(a|aa)+b' took more than 0.05 s for one match", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindStretches_NamedCharacterOfTheSameCategory_DoesNotStandInForAnother()
    {
        // U+01BB is the first letter without case, so it would be taken as the stand-in if it were not named.
        List<Stretch> stretches = [];
        new RegexMatcher("tokenizer.json", "[\u00AA-\u01BB]", OnigurumaTranslator.Translate("[\u00AA-\u01BB]"), TimeSpan.FromMinutes(1))
            .FindStretches("\U00020000\u01BB", stretches);

        Assert.Equal([new Stretch(0, 2, IsMatch: false), new Stretch(2, 3, IsMatch: true)], stretches);
    }

    [Fact]
    public void FindStretches_NoStandInLeft_NamesTheCodePoint()
    {
        RegexMatcher matcher = new("tokenizer.json", "[^\0-\uFFFF]", OnigurumaTranslator.Translate("[^\\x00-\\uFFFF]"), TimeSpan.FromMinutes(1));

        CheckpointFormatException exception = Assert.Throws<CheckpointFormatException>(() => matcher.FindStretches("\U00020000", []));

        Assert.Contains("it cannot be matched against U+20000", exception.Message, StringComparison.Ordinal);
    }
}

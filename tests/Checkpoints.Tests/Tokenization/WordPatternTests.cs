using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Checkpoints.Tokenization.Splitting;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

/// <summary>Holds the scans by hand to the regular expressions that they stand for.</summary>
public class WordPatternTests
{
    private static readonly (IMatcher Scan, RegexMatcher Expression)[] Patterns =
    [
        (new WordMatcher(new Gpt2Pattern()), Matcher(Gpt2Pattern.Expression)),
        (new WordMatcher(new ContractionPattern(longestNumber: 3)), Matcher(ContractionPattern.Llama3Expression)),
        (new WordMatcher(new ContractionPattern(longestNumber: 1)), Matcher(ContractionPattern.QwenExpression)),
    ];

    [Property(MaxTest = 1000)]
    public Property FindStretches_AnyText_EqualsTheExpression() => Prop.ForAll(TextGenerator.WellFormed(), AssertEqual);

    [Fact]
    public void FindStretches_EveryCodePoint_EqualsTheExpression()
    {
        foreach (int[] block in Enumerable.Range(0, 0x110000).Where(IsOfInterest).Chunk(512))
        {
            // Alone, after a space, after a letter and before a letter.
            AssertEqual(string.Concat(block.Select(static value => $"{char.ConvertFromUtf32(value)} {char.ConvertFromUtf32(value)}a1{char.ConvertFromUtf32(value)}\n")));
        }
    }

    [Theory]
    [InlineData("'s't'm'd're've'll")]
    [InlineData("'S'T'M'D'RE'Ve'lL'ſ")]
    [InlineData("''s '' 'r 're' 'l' 'v 'll")]
    [InlineData(" \n \r\n  a\r\r\n\n ")]
    [InlineData("a  b   \n  c  ")]
    [InlineData("!!\r\n\r\n !\n a")]
    [InlineData("1234567 12 1\u0661\u0662")]
    [InlineData("\ta\n\tb\u00a0c\u3000\u3000d")]
    public void FindStretches_Boundaries_EqualTheExpression(string text) => AssertEqual(text);

    private static void AssertEqual(string text)
    {
        foreach ((IMatcher scan, RegexMatcher expression) in Patterns)
        {
            List<Stretch> actual = [];
            List<Stretch> expected = [];
            scan.FindStretches(text, actual);
            expression.FindStretches(text, expected);
            Assert.True(expected.SequenceEqual(actual), text);
        }
    }

    /// <summary>The planes above the third hold only private and unassigned code points, but for the tags.</summary>
    private static bool IsOfInterest(int codePoint) => System.Text.Rune.IsValid(codePoint) && codePoint is < 0x32400 or (>= 0xE0000 and < 0xE0200);

    private static RegexMatcher Matcher(string expression) =>
        new("tokenizer.json", expression, OnigurumaTranslator.Translate(expression), TimeSpan.FromMinutes(1));
}

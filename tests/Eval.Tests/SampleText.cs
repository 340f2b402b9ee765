namespace OutlierQuant.Eval.Tests;

/// <summary>A text for random models: words drawn with a fixed seed.</summary>
internal static class SampleText
{
    public static string Of(int characters, int seed = 7)
    {
        var random = new Random(seed);
        return string.Create(characters, random, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = source.Next(6) == 0 ? ' ' : source.Next(20) == 0 ? '.' : (char)('a' + source.Next(26));
            }
        });
    }
}

using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Cli;

/// <summary>Draws an attention map with shaded blocks: a query a line, a key a character, with the sinks at the left and without them at the right.</summary>
internal static class ShadedMap
{
    private const int MostRows = 16;
    private const int LabelWidth = 12;

    /// <summary>The shade of a share of attention: blank below 5 %, full from 75 %.</summary>
    public static char Shade(double share) => share switch
    {
        < 0.05 => ' ',
        < 0.25 => '░',
        < 0.5 => '▒',
        < 0.75 => '▓',
        _ => '█',
    };

    /// <summary>Writes a map.</summary>
    public static void Write(AttentionMap map, AttentionPicture picture, TextWriter output)
    {
        int queries = map.WithSink.Rows.Count;
        output.WriteLine($"{(map.Head is { } head ? $"Head {map.Block}.{head}" : $"Block {map.Block}, mean over heads")}, first {queries} of {picture.TokensInWindow} tokens of the first window{(map.WithoutSink is null ? "" : "; right: sinks masked, the rest renormalized")}. Shades: ░ 5 %, ▒ 25 %, ▓ 50 %, █ 75 %");
        int step = (queries + MostRows - 1) / MostRows;
        for (int query = step - 1; query < queries; query += step)
        {
            string label = picture.Tokens[query].Length > LabelWidth ? picture.Tokens[query][..LabelWidth] : picture.Tokens[query].PadLeft(LabelWidth);
            string right = map.WithoutSink is null ? "" : $"   │{Line(map.WithoutSink, query, queries)}│";
            output.WriteLine($"{label} │{Line(map.WithSink, query, queries)}│{right}");
        }
    }

    private static string Line(LowerTriangle values, int query, int width) => string.Concat(values.Rows[query].Select(Shade)).PadRight(width, '·');
}

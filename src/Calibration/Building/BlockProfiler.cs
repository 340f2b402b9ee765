using OutlierQuant.Calibration.Gathering;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Checkpoints.Tokenization;

namespace OutlierQuant.Calibration.Building;

/// <summary>Makes a <see cref="BlockProfile"/> of what was gathered.</summary>
internal sealed class BlockProfiler(Tokenizer tokenizer, PreservedChannelRule rule)
{
    private const int TopEntries = 5;

    public BlockProfile Of(int block, BlockAccumulator gathered)
    {
        List<TopEntry> entries = [.. Strongest(gathered).OrderByDescending(entry => Math.Abs(entry.Value)).ThenBy(entry => entry.TokenClass).ThenBy(entry => entry.Channel)];
        ChannelStatistics channels = gathered.Tensor.Channels.ToStatistics();
        return new BlockProfile
        {
            Block = block,
            Median = gathered.Median,
            Top = Named(entries.Take(TopEntries)),
            AtBos = Named(entries.Where(entry => entry.TokenClass == TokenClass.Bos).Take(TopEntries)),
            Elsewhere = Named(entries.Where(entry => entry.TokenClass != TokenClass.Bos).Take(1)).SingleOrDefault(),
            Channels = channels,
            TokenAbsMax = gathered.Tensor.Tokens.ToQuantiles(),
            Magnitudes = gathered.Tensor.Magnitudes.ToQuantiles(),
            Suggested = rule.Suggest(channels),
        };
    }

    /// <summary>Lists every coordinate by its strongest entry; the token's text is still missing.</summary>
    private static IEnumerable<TopEntry> Strongest(BlockAccumulator gathered) =>
        from tokenClass in Enum.GetValues<TokenClass>()
        from channel in Enumerable.Range(0, gathered.Coordinates.Channels)
        let found = gathered.Coordinates.Strongest(tokenClass, channel)
        where found is not null
        let entry = found.Value
        select new TopEntry(entry.Window, entry.Position, entry.TokenId, "", tokenClass, channel, entry.Value, Ratio.Of(entry.Value, gathered.Median));

    private List<TopEntry> Named(IEnumerable<TopEntry> entries) => [.. entries.Select(entry => entry with { Token = tokenizer.PieceText(entry.TokenId) })];
}

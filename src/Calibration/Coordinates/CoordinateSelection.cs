using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;

namespace OutlierQuant.Calibration.Coordinates;

/// <summary>Picks massive coordinates, candidates and the onset from the blocks' tables.</summary>
/// <param name="tables">One table per block.</param>
/// <param name="medians">Median magnitude of each block's output. Shape <c>[blocks]</c>.</param>
/// <param name="options">Thresholds.</param>
internal sealed class CoordinateSelection(IReadOnlyList<CoordinateTable> tables, IReadOnlyList<double> medians, DetectorOptions options)
{
    private static readonly TokenClass[] Classes = Enum.GetValues<TokenClass>();

    /// <summary>Lists every coordinate with a massive entry at some block, with its statistics at the first such block; strongest first.</summary>
    public IReadOnlyList<CoordinateStatistics> Massive(TextPart part = TextPart.Whole) => SortByRatio(
        from coordinate in All()
        let blocks = MassiveBlocks(coordinate.TokenClass, coordinate.Channel, part)
        where blocks.Count > 0
        select AtMassiveBlock(coordinate.TokenClass, coordinate.Channel, blocks[0], blocks, part));

    /// <summary>
    /// Lists the strongest coordinates, each at the block where its mean is the largest multiple of the median: those that reach
    /// <see cref="DetectorOptions.CandidateShare"/> of the strongest, at most <see cref="DetectorOptions.MaxCandidates"/>.
    /// </summary>
    public IReadOnlyList<CoordinateStatistics> Candidates(TextPart part = TextPart.Whole) => KeepStrongest(
        from coordinate in All()
        let ratios = MeanRatios(coordinate.TokenClass, coordinate.Channel, part)
        let block = ratios.IndexOf(ratios.Max())
        where ratios[block] > 0
        select AsCandidate(coordinate.TokenClass, coordinate.Channel, block, ratios, part));

    /// <summary>Finds the block where interventions act, and the coordinates there.</summary>
    /// <remarks>
    /// Massive: the first block where some coordinate is massive in at least half of the windows that hold a token of its class, and
    /// the coordinates that are so there; if none is that stable, the first block with any massive entry. Otherwise: the block
    /// where a coordinate of position 0 is the largest multiple of the median, and the candidates of position 0 there. (Only at
    /// position 0 does every window repeat the same value at the same place, as a massive activation does.) Where position 0 is folded
    /// and not in the stream, a coordinate of any token counts.
    /// </remarks>
    public Onset FindOnset()
    {
        for (int block = 0; block < tables.Count; block++)
        {
            List<CoordinateStatistics> stable = MassiveAt(block, tally => tally.IsStable);
            if (stable.Count > 0)
            {
                return new Onset(block, true, "the first block where a coordinate is massive in at least half of the windows", SortByRatio(stable));
            }
        }

        for (int block = 0; block < tables.Count; block++)
        {
            List<CoordinateStatistics> any = MassiveAt(block, tally => tally.Massive.Count > 0);
            if (any.Count > 0)
            {
                return new Onset(block, true, "the first block with a massive entry; no coordinate is massive in half of the windows", SortByRatio(any));
            }
        }

        return CandidateOnset();
    }

    private Onset CandidateOnset()
    {
        bool hasStart = All().Any(IsAtStart);
        var atStart = (
            from coordinate in All()
            where !hasStart || IsAtStart(coordinate)
            let ratios = MeanRatios(coordinate.TokenClass, coordinate.Channel, TextPart.Whole)
            select (coordinate.TokenClass, coordinate.Channel, Ratios: ratios)).ToList();
        int block = atStart.SelectMany(entry => entry.Ratios.Select((ratio, index) => (ratio, index))).MaxBy(entry => entry.ratio).index;
        return new Onset(
            block,
            false,
            $"nothing passes the detector; the block where a coordinate{(hasStart ? " of position 0" : "")} is the largest multiple of the median",
            KeepStrongest(atStart
                .Where(entry => entry.Ratios[block] > 0)
                .Select(entry => AsCandidate(entry.TokenClass, entry.Channel, block, entry.Ratios, TextPart.Whole))));
    }

    private static bool IsAtStart((TokenClass TokenClass, int Channel) coordinate) => coordinate.TokenClass is TokenClass.Bos or TokenClass.First;

    private IEnumerable<(TokenClass TokenClass, int Channel)> All() =>
        from tokenClass in Classes
        from channel in Enumerable.Range(0, tables[0].Channels)
        where tables[0].Strongest(tokenClass, channel) is not null
        select (tokenClass, channel);

    private List<int> MassiveBlocks(TokenClass tokenClass, int channel, TextPart part) =>
        [.. Enumerable.Range(0, tables.Count).Where(block => tables[block].Tally(tokenClass, channel, part).Massive.Count > 0)];

    private List<double> MeanRatios(TokenClass tokenClass, int channel, TextPart part) =>
        [.. tables.Select((table, block) => Ratio.Of(table.Tally(tokenClass, channel, part).All.Mean, medians[block]))];

    private List<CoordinateStatistics> MassiveAt(int block, Func<CoordinateTally, bool> isWanted) =>
    [
        .. from coordinate in All()
           where isWanted(tables[block].Tally(coordinate.TokenClass, coordinate.Channel, TextPart.Whole))
           let blocks = MassiveBlocks(coordinate.TokenClass, coordinate.Channel, TextPart.Whole)
           select AtMassiveBlock(coordinate.TokenClass, coordinate.Channel, block, blocks, TextPart.Whole),
    ];

    private CoordinateStatistics AtMassiveBlock(TokenClass tokenClass, int channel, int block, List<int> blocks, TextPart part)
    {
        CoordinateTally tally = tables[block].Tally(tokenClass, channel, part);
        return Describe(tokenClass, channel, block, blocks[0], blocks[^1], tally.Massive, tally.Entries);
    }

    private CoordinateStatistics AsCandidate(TokenClass tokenClass, int channel, int block, List<double> ratios, TextPart part)
    {
        double half = ratios.Max() / 2;
        RunningMoments moments = tables[block].Tally(tokenClass, channel, part).All;
        return Describe(tokenClass, channel, block, ratios.FindIndex(ratio => ratio >= half), ratios.FindLastIndex(ratio => ratio >= half), moments, 0);
    }

    private CoordinateStatistics Describe(TokenClass tokenClass, int channel, int block, int firstBlock, int lastBlock, RunningMoments moments, int entries) => new()
    {
        Channel = channel,
        TokenClass = tokenClass,
        Block = block,
        FirstBlock = firstBlock,
        LastBlock = lastBlock,
        Mean = moments.Mean,
        StandardDeviation = moments.StandardDeviation,
        CoefficientOfVariation = moments.StandardDeviation == 0 ? 0 : Ratio.Of(moments.StandardDeviation, Math.Abs(moments.Mean)),
        Ratio = Ratio.Of(moments.Mean, medians[block]),
        Windows = moments.Count,
        Entries = entries,
    };

    private List<CoordinateStatistics> KeepStrongest(IEnumerable<CoordinateStatistics> coordinates)
    {
        List<CoordinateStatistics> sorted = SortByRatio(coordinates);
        return [.. sorted.TakeWhile(entry => entry.Ratio >= options.CandidateShare * sorted[0].Ratio).Take(options.MaxCandidates)];
    }

    /// <summary>Sorts by falling ratio; equal ratios by token class and channel, so that the order is always the same.</summary>
    private static List<CoordinateStatistics> SortByRatio(IEnumerable<CoordinateStatistics> coordinates) =>
        [.. coordinates.OrderByDescending(entry => entry.Ratio).ThenBy(entry => entry.TokenClass).ThenBy(entry => entry.Channel)];
}

using OutlierQuant.Eval.Reports;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Adds to forecasts how they agree with measurements, the worst misses, and words.</summary>
internal static class ForecastVerdict
{
    private const int MissesListed = 5;

    /// <summary>Completes a result.</summary>
    public static ForecastResult Complete(ForecastResult result)
    {
        SchemeForecast[] schemes = [.. result.Schemes.Select(scheme => result.MeasuredOn is null ? scheme : Complete(scheme))];
        return result with { Schemes = schemes, Verdict = [.. schemes.Select(Describe)] };
    }

    private static SchemeForecast Complete(SchemeForecast scheme)
    {
        var inputs = Pairs(scheme.Linears.Where(linear => linear.Input is not null).DistinctBy(linear => linear.Input).Select(linear => ($"input of {linear.Name}", linear.Input!.Sqnr, linear.Input.MeasuredSqnr)));
        var outputs = Pairs(scheme.Linears.Select(linear => ($"output of {linear.Name}", linear.SqnrElsewhere, linear.MeasuredSqnrElsewhere)));
        var blocks = Pairs(scheme.Blocks.Select(block => ($"output of block {block.Block}", block.Output.Sqnr, block.Output.MeasuredSqnr)));
        List<ForecastAgreement> agreement = [];
        foreach (var (compared, pairs) in new[] { ("inputs", inputs), ("outputs, without BOS", outputs), ("block outputs", blocks) }.Where(group => group.Item2.Count > 0))
        {
            double[] errors = [.. pairs.Select(pair => pair.Sqnr - pair.MeasuredSqnr)];
            agreement.Add(Correlate($"forecast against measured ratio of {compared}", [.. pairs.Select(pair => pair.Sqnr)], [.. pairs.Select(pair => pair.MeasuredSqnr)]) with
            {
                MeanError = errors.Average(),
                MeanAbsoluteError = errors.Average(Math.Abs),
            });
        }

        LinearForecast[] damaged = [.. scheme.Linears.Where(linear => linear.Damage is not null && linear.SqnrElsewhere is not null && linear.MeasuredSqnrElsewhere is not null)];
        if (damaged.Length > 0)
        {
            double[] damage = [.. damaged.Select(linear => linear.Damage!.DeltaNll)];
            agreement.Add(Correlate("forecast noise of the output against damage", [.. damaged.Select(linear => -linear.SqnrElsewhere!.Value)], damage));
            agreement.Add(Correlate("measured noise of the output against damage", [.. damaged.Select(linear => -linear.MeasuredSqnrElsewhere!.Value)], damage));
            agreement.Add(Correlate("largest channel over median channel (the preservation rule) against damage", [.. damaged.Select(linear => linear.ChannelRatio)], damage));
            agreement.Add(Correlate("suggested channels against damage", [.. damaged.Select(linear => (double)linear.SuggestedChannels)], damage));
            if (damaged.All(linear => linear.Input?.BitsLost is not null))
            {
                agreement.Add(Correlate("bits lost in the input against damage", [.. damaged.Select(linear => linear.Input!.BitsLost!.Value)], damage));
            }
        }

        return scheme with
        {
            Agreement = agreement,
            WorstMisses = [.. inputs.Concat(outputs).Concat(blocks).OrderByDescending(miss => Math.Abs(miss.Sqnr - miss.MeasuredSqnr)).Take(MissesListed)],
        };
    }

    private static List<ForecastMiss> Pairs(IEnumerable<(string Place, double? Sqnr, double? Measured)> places) =>
        [.. places.Where(place => place.Sqnr is not null && place.Measured is not null).Select(place => new ForecastMiss(place.Place, place.Sqnr!.Value, place.Measured!.Value))];

    private static ForecastAgreement Correlate(string compared, double[] first, double[] second) =>
        new(compared, first.Length, Correlation.Pearson(first, second), Correlation.Spearman(first, second), null, null);

    private static string Describe(SchemeForecast scheme)
    {
        (string Place, double? Sqnr)[] ranked =
        [
            .. scheme.Linears.Select(linear => (linear.Name, linear.SqnrElsewhere))
                .Concat(scheme.Blocks.Select(block => ($"the output of block {block.Block}", block.Output.BodySqnr)))
                .Where(place => place.Item2 is not null).OrderBy(place => place.Item2),
        ];
        if (ranked.Length == 0)
        {
            return $"{scheme.Scheme}: no tensor can be forecast: more than half of the entries of each are 0.";
        }

        var worst = $"{scheme.Scheme}: the forecast names {ranked[0].Place} as worst ({NumberText.Short(ranked[0].Sqnr!.Value)} dB); the median is {NumberText.Short(ranked[ranked.Length / 2].Sqnr!.Value)} dB.";
        if (scheme.Agreement.Count == 0)
        {
            return worst;
        }

        var first = scheme.Agreement[0];
        var fit = first.Spearman is { } rank ? $" Measured: rank correlation {rank:F2}, mean miss {first.MeanAbsoluteError:F1} dB ({first.Compared})." : "";
        var damage = scheme.Agreement.FirstOrDefault(agreement => agreement.Compared.StartsWith("forecast noise", StringComparison.Ordinal));
        var ranks = damage?.Spearman is { } rankOfDamage ? $" As a ranking of the damage that each linear does alone: {rankOfDamage:F2}.{Overlap(scheme.Linears)}" : "";
        return worst + fit + ranks;
    }

    /// <summary>Says how many of the most damaged eighth of the linears the forecast and the preservation rule name.</summary>
    private static string Overlap(IReadOnlyList<LinearForecast> linears)
    {
        var count = Math.Max(1, linears.Count / 8);
        HashSet<string> damaged = [.. Names(linear => linear.Damage?.DeltaNll ?? double.NegativeInfinity)];
        return $" Of the {count} that do most, it names {Names(linear => -linear.SqnrElsewhere ?? double.NegativeInfinity).Count(damaged.Contains)} and the preservation rule {Names(linear => linear.ChannelRatio).Count(damaged.Contains)}.";

        IEnumerable<string> Names(Func<LinearForecast, double> rank) => linears.OrderByDescending(rank).Take(count).Select(linear => linear.Name);
    }
}

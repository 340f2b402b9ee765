using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Attention;

/// <summary>Says in words what a study of attention found.</summary>
internal static class AttentionVerdict
{
    /// <summary>A sink is still there when its metric keeps this share.</summary>
    private const double LeastKept = 0.5;

    /// <summary>Writes a sentence on the sinks, one on the heads, and one on what random and repeated tokens do.</summary>
    public static IReadOnlyList<string> Describe(SinkSearch search, IReadOnlyList<HeadAttention> heads, AttentionOptions options, string firstToken)
    {
        var metric = $"Sink(ε = {NumberText.Short(options.SinkThreshold)}, T = {search.Length})";
        if (search.Sinks.Count == 0)
        {
            return
            [
                $"No sink was found: no head's mean α exceeds ε at position 0, at the first delimiter or at a token that occurs at least {SinkCandidates.LeastOccurrences} times; {metric} at position 0 is {NumberText.Percent(search.Metrics[0].First)}.",
            ];
        }

        var names = string.Join(", ", search.Sinks.Select(sink => $"{sink.Name} (in {sink.HeadsOver} of {heads.Count} heads)"));
        var strongest = heads.MaxBy(head => head.SinkShare)!;
        var first = search.Sinks.Any(sink => sink.Kind == SinkKind.PositionZero)
            ? $" The gate of '{firstToken}' at position 0 has its median from {NumberText.Short(heads.Min(head => head.Gate!.P50))} to {NumberText.Short(heads.Max(head => head.Gate!.P50))} over the heads."
            : " Position 0 is no sink, so there is no gate to describe.";
        return
        [
            $"Sinks: {names}. {metric} at position 0 is {NumberText.Percent(search.Metrics[0].First)} {(search.Bos ? "with" : "without")} BOS.",
            $"They get {NumberText.Percent(heads.Average(head => head.SinkShare))} of all attention, up to {NumberText.Percent(strongest.SinkShare)} in head {strongest.Block}.{strongest.Head}; {Count(HeadClass.Dormant)} heads are dormant (at least {NumberText.Percent(HeadAttention.MostlyParked)} of queries give them more than {NumberText.Percent(options.DormantShare)}), {Count(HeadClass.Mixed)} mixed, {Count(HeadClass.Active)} active.{first}",
            Controls(search, metric),
        ];

        int Count(HeadClass kind) => heads.Count(head => head.Class == kind);
    }

    /// <summary>Says what the metric at position 0 becomes on other tokens, and with BOS or without.</summary>
    private static string Controls(SinkSearch search, string metric)
    {
        var (natural, random, repeated) = (Of("natural", search.Bos), Of("random", search.Bos), Of("repeated", search.Bos));
        var tokens = $"On random tokens it is {NumberText.Percent(random)}, so the sink {(random >= LeastKept * natural ? "does not need" : "needs")} text; on one repeated token {NumberText.Percent(repeated)}.";
        if (search.Metrics.All(found => found.Bos == search.Bos))
        {
            return tokens;
        }

        var (with, without) = (Of("natural", true), Of("natural", false));
        var which = without >= LeastKept * with ? "the place counts, whatever the token" : "BOS counts, not its place";
        return $"{tokens} {metric} at position 0 is {NumberText.Percent(with)} with BOS and {NumberText.Percent(without)} without: {which}.";

        double Of(string kind, bool bos) => search.Metrics.Single(found => found.Tokens == kind && found.Bos == bos).First;
    }
}

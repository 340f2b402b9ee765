using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Reports;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Runs the test that <see cref="LoadBearingResult"/> describes.</summary>
internal static class LoadBearingTest
{
    /// <summary>The share of the worst damage that zeroing the strict coordinates alone must do for them to count as needed.</summary>
    private const double ShareOfNeeded = 0.5;

    /// <summary>The four arms: with companions or not, held or not.</summary>
    public static readonly IReadOnlyList<(bool WithCompanions, bool Held)> Arms = [(false, false), (false, true), (true, false), (true, true)];

    /// <summary>Picks the coordinates that pass the detector, or the one of largest mean magnitude where none does.</summary>
    public static IReadOnlyList<InterventionCoordinate> StrictOf(InterventionTarget target) =>
        target.IsMassive ? target.Coordinates : [target.Coordinates.MaxBy(coordinate => Math.Abs(coordinate.Mean))];

    /// <summary>Makes what follows the strongest strict coordinate through the untouched model.</summary>
    public static ValueTracker Track(TransformerModel model, Tokenizer tokenizer, InterventionTarget target) =>
        new(target.Block, model.Config.BlockCount, StrictOf(target).MaxBy(coordinate => Math.Abs(coordinate.Mean)), new TokenClassifier(tokenizer));

    /// <summary>Scores the four arms.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="target">The block and the coordinates.</param>
    /// <param name="text">The windows to score.</param>
    /// <param name="untouched">The untouched model's scores.</param>
    /// <param name="tracked">The values of the untouched model.</param>
    /// <param name="report">Makes the callback for an arm of a name.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static LoadBearingResult Run(
        TransformerModel model,
        Tokenizer tokenizer,
        InterventionTarget target,
        EvaluationText text,
        WindowScores untouched,
        ValueTracker tracked,
        Func<int, string, Action<ForwardProgress>> report,
        CancellationToken cancellation)
    {
        var strict = StrictOf(target);
        var arms = new List<LoadBearingArm>();
        IReadOnlyList<double> afterZero = [];
        IReadOnlyList<CompanionChannel> companions = [];
        foreach (var (withCompanions, held) in Arms)
        {
            var tracker = Track(model, tokenizer, target);
            var zero = new StrictZero(target.Block, strict, withCompanions, held, new TokenClassifier(tokenizer));
            var changed = model.With(transforms: [.. model.Transforms, tracker, zero]);
            var scores = WindowScorer.Score(changed, text, null, report(arms.Count, NameOf(withCompanions, held)), cancellation);
            arms.Add(new LoadBearingArm(withCompanions, held, zero.EntriesChanged, PairedScore.Of(untouched, scores)));
            if (arms.Count == 1)
            {
                (afterZero, companions) = (tracker.Magnitudes, zero.Companions);
            }
        }

        var (rewriteRatio, restored) = Rewriting(tracked.Magnitudes, afterZero);
        var result = new LoadBearingResult
        {
            Verdict = VerdictOf(arms),
            Strict = strict,
            Companions = companions,
            Magnitudes = tracked.Magnitudes,
            MagnitudesAfterZero = afterZero,
            RewriteRatio = rewriteRatio,
            Restored = restored,
            Arms = arms,
            Sentences = [],
        };
        return result with { Sentences = Describe(result) };
    }

    /// <summary>Names an arm in a few words.</summary>
    public static string NameOf(bool withCompanions, bool held) => $"{(withCompanions ? "strict and companions" : "strict")} to zero, {(held ? "held" : "once")}";

    /// <summary>Computes the rewrite ratio, and the largest share that later blocks restore after zeroing.</summary>
    internal static (double? RewriteRatio, double? Restored) Rewriting(IReadOnlyList<double> magnitudes, IReadOnlyList<double> afterZero)
    {
        var later = magnitudes.Skip(1).DefaultIfEmpty(0).Max();
        if (later == 0)
        {
            return (null, null);
        }

        return (magnitudes[0] / later, afterZero.Skip(1).Zip(magnitudes.Skip(1)).Where(pair => pair.Second > 0).Max(pair => pair.First / pair.Second));
    }

    /// <summary>Applies the rule of <see cref="Interventions.LoadBearingVerdict"/>.</summary>
    internal static LoadBearingVerdict VerdictOf(IReadOnlyList<LoadBearingArm> arms) =>
        !arms.Any(arm => arm.Score.Hurts) ? LoadBearingVerdict.Harmless
        : WorstStrict(arms).Score.DeltaNll >= ShareOfNeeded * arms.Max(arm => arm.Score.DeltaNll) ? LoadBearingVerdict.Needed
        : LoadBearingVerdict.Companion;

    private static LoadBearingArm WorstStrict(IReadOnlyList<LoadBearingArm> arms) => arms.Where(arm => !arm.WithCompanions).MaxBy(arm => arm.Score.DeltaNll)!;

    private static List<string> Describe(LoadBearingResult result)
    {
        var (once, held) = (result.Arms[0], result.Arms[1]);
        var companions = result.Arms.Where(arm => arm.WithCompanions).MaxBy(arm => arm.Score.DeltaNll)!;
        var worst = result.Arms.MaxBy(arm => arm.Score.DeltaNll)!;
        var degree = worst.Score.Ratio < PairedScore.Strong ? " a little" : "";
        var costs = $"zeroed once {Cost(once)}, held at zero {Cost(held)}, with {result.Companions.Count} companion{(result.Companions.Count == 1 ? "" : "s")} {Cost(companions)}";
        var sentences = new List<string>
        {
            result.Verdict switch
            {
                LoadBearingVerdict.Needed => $"Load-bearing: needed{degree}: {costs}.",
                LoadBearingVerdict.Companion => $"Load-bearing: companion: what the model needs{degree} is mostly the channels that stand out beside the strict ones: {costs}.",
                _ => $"Load-bearing: harmless: {costs}.",
            },
        };
        if (result.RewriteRatio is { } ratio && result.Restored is { } restored)
        {
            sentences.Add(
                $"Rewrite ratio {NumberText.Short(ratio)} (first block over the largest later one); after one zeroing later blocks restore {NumberText.Percent(restored)} of the value.");
        }

        return sentences;
    }

    private static string Cost(LoadBearingArm arm) =>
        NumberText.Ratio(arm.Score.Ratio) + (arm.Score.DeltaNllCi95 is { } interval ? $" ({NumberText.Ratio(Math.Exp(interval.Low))} to {NumberText.Ratio(Math.Exp(interval.High))})" : "");
}

using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Certifies whether a model's massive activations are constants that do not depend on the text.</summary>
/// <remarks>
/// Both readings of the texts are studied: with BOS, where the tokenizer has one, and without. In each, every source (the texts, their tokens shuffled, random tokens) is calibrated on by
/// itself; the first text then says which coordinates are certified, and all sources run once more for their values, vectors and updates. Interventions put means of the first text into
/// the last. Results do not depend on the number of threads.
/// </remarks>
public static class CertificationStudy
{
    /// <summary>Makes the certificate.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="texts">The texts, at least one. With a single one the constants of interventions come from the text that is scored, and the certificate says so.</param>
    /// <param name="options">How to certify.</param>
    /// <exception cref="ArgumentException">An option does not fit the model or a text, there is no text, or the model is folded.</exception>
    /// <exception cref="NonFiniteActivationException">An activation is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static Certificate Run(TransformerModel model, Tokenizer tokenizer, IReadOnlyList<CertificationText> texts, CertificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        UnfoldedModel.Require(model, "a certificate");
        if (texts.Count == 0)
        {
            throw new ArgumentException("There is no text; at least one is needed, and two to compare.", nameof(texts));
        }

        var context = PerplexityOptions.ContextOf(options.Context, model.Config.MaxPositions);
        if (context < LeastContext || context > model.Config.MaxPositions)
        {
            throw new ArgumentException($"The context is {context} tokens; a certificate of this model needs {LeastContext} to {model.Config.MaxPositions}.");
        }

        bool[] readings = tokenizer.BosTokenId is null ? [false] : [true, false];
        var passes = new CertificationPasses(options) { Planned = readings.Length * (2 + texts.Count) };
        Reading[] read = [.. readings.Select(bos => Read(model, tokenizer, texts, context, bos, options, passes))];
        passes.Planned += read.Sum(reading => reading.Targets.Count == 0 ? 0 : 1 + (reading.Targets.Count * (reading.Sources.Count + InterventionTrial.Interventions.Count)));
        CertifiedTarget[] targets = [.. read.SelectMany(reading => Measure(model, tokenizer, texts, reading, options, passes))];
        var first = read[0].Profiles[0];
        return new Certificate
        {
            Version = Certificate.CurrentVersion,
            Model = first.Model,
            Texts = [.. read[0].Profiles.Take(texts.Count).Select(profile => profile.Text)],
            Detector = first.Detector,
            Seed = options.Seed,
            Level = CertificateVerdict.LevelOf(targets),
            Verdict = CertificateVerdict.Describe(targets),
            Notes = CertificateVerdict.Notes(targets, texts.Count, read[0].Profiles[0]),
            Targets = targets,
        };
    }

    /// <summary>The fewest tokens of a window: one source beside position 0 in the first half, and two queries in the second.</summary>
    private const int LeastContext = 4;

    /// <summary>What calibration says about every source with BOS or without.</summary>
    private sealed record Reading(IReadOnlyList<SourceWindows> Sources, IReadOnlyList<CalibrationProfile> Profiles, IReadOnlyList<TargetChoice> Targets);

    private static Reading Read(
        TransformerModel model, Tokenizer tokenizer, IReadOnlyList<CertificationText> texts, int context, bool bos, CertificationOptions options, CertificationPasses passes)
    {
        var sources = SourceWindows.Make(tokenizer, texts, context, bos, options);
        CalibrationProfile[] profiles =
            [.. sources.Select(source => Calibrator.Run(model, tokenizer, source.Set, options.Detector, passes.Next($"{source.Set.Source}{(bos ? "" : ", no BOS")}"), options.Cancellation))];
        return new Reading(sources, profiles, TargetChoice.From(profiles[0]));
    }

    private static IEnumerable<CertifiedTarget> Measure(
        TransformerModel model, Tokenizer tokenizer, IReadOnlyList<CertificationText> texts, Reading reading, CertificationOptions options, CertificationPasses passes)
    {
        if (reading.Targets.Count == 0)
        {
            yield break;
        }

        var trial = new InterventionTrial(model, tokenizer, texts[^1], texts[0].Source, reading.Sources[0].Set, options, passes);
        foreach (var target in reading.Targets)
        {
            var measured = new TargetMeasurement(model, tokenizer, target, reading.Sources, options, passes);
            var found = measured.DescribeSources(reading.Profiles);
            var agreement = Agree(found);
            var (values, vectors, updates, interventions) = (measured.DescribeValues(), measured.DescribeVectors(), measured.DescribeUpdates(), trial.Run(target));
            IReadOnlyList<Criterion> criteria = target.IsEvidence ? CertificateCriteria.Judge(agreement, values, vectors, updates, interventions) : [];
            yield return new CertifiedTarget
            {
                Kind = target.Kind,
                IsEvidence = target.IsEvidence,
                IsMassive = target.IsMassive,
                Block = target.Block,
                Reason = target.Reason,
                Sources = found,
                Agreement = agreement,
                Values = values,
                Causality = target.IsEvidence ? null : measured.CheckCausality(),
                Vectors = vectors,
                Updates = updates,
                Interventions = interventions,
                Criteria = criteria,
                Level = CertificateCriteria.LevelOf(criteria),
            };
        }
    }

    private static SourceAgreement[] Agree(IReadOnlyList<SourceCoordinates> found) =>
    [
        .. from second in Enumerable.Range(1, found.Count - 1)
           from first in Enumerable.Range(0, second)
           select new SourceAgreement(found[first].Source, found[second].Source, Jaccard.Of(found[first].Coordinates, found[second].Coordinates)),
    ];
}

using OutlierQuant.Calibration;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Certification;

/// <summary>Says in one sentence what a certificate found, and in others what it rests on.</summary>
internal static class CertificateVerdict
{
    private static readonly CertificateLevel[] s_fromWorst = [CertificateLevel.Not, CertificateLevel.Partly, CertificateLevel.InputIndependent];

    /// <summary>The share of tokens beyond which channels are large in general, and not at massive tokens.</summary>
    private const double FewTokens = 0.1;

    /// <summary>Combines the targets that are evidence: the worst of those that can be tested.</summary>
    public static CertificateLevel LevelOf(IReadOnlyList<CertifiedTarget> targets)
    {
        CertificateLevel[] levels = [.. targets.Where(target => target.IsEvidence).Select(target => target.Level).Where(level => level != CertificateLevel.NotTestable)];
        return levels.Length == 0 ? CertificateLevel.NotTestable : s_fromWorst.First(levels.Contains);
    }

    /// <summary>Writes the verdict.</summary>
    public static string Describe(IReadOnlyList<CertifiedTarget> targets)
    {
        if (targets.Count == 0)
        {
            return "Nothing to certify: every block's output is zero.";
        }

        var evidence = targets.Where(target => target.IsEvidence).Select(target => $"{Place(target)} {Evidence(target)}").ToList();
        var trivial = targets.Where(target => !target.IsEvidence).Select(target =>
            $"{Place(target)} {(target.Causality!.Holds ? "are constant by causality, which is no evidence" : "vary although causality makes them constant")}");
        var level = LevelOf(targets) switch
        {
            CertificateLevel.InputIndependent => "Input-independent",
            CertificateLevel.Partly => "Partly input-independent",
            CertificateLevel.Not => "Not input-independent",
            _ => evidence.Count == 0 ? "Not testable, for there is nothing but trivial evidence" : "Not testable",
        };
        return $"{level}: {string.Join("; ", [.. evidence, .. trivial])}.";
    }

    /// <summary>Writes what the reader must know: what trivial means, candidates, texts, BOS, the computation's own check.</summary>
    public static IReadOnlyList<string> Notes(IReadOnlyList<CertifiedTarget> targets, int texts, CalibrationProfile first)
    {
        var notes = new List<string>();
        if (targets.Any(target => !target.IsEvidence))
        {
            notes.Add("A leading BOS attends to itself alone, so everything at position 0 is a function of the weights and the same in every window. It is shown, and counts for nothing. The update from BOS is its attention times a constant, so B there says only how steadily queries attend to it.");
        }

        foreach (var target in targets.Where(target => target.Causality is { Holds: false }))
        {
            notes.Add($"Values at a leading BOS vary by {NumberText.Percent(target.Causality!.LargestVariation ?? 0)}: something in this model looks ahead, such as activations with one run-time scale for a whole window.");
        }

        if (targets.Any(target => !target.IsMassive))
        {
            notes.Add($"Nothing passes the detector ({first.Detector.Name}: over {NumberText.Short(first.Detector.MinMagnitude)} and over {NumberText.Short(first.Detector.MinRatio)} × the median) {string.Join(" and ", targets.Where(target => !target.IsMassive).Select(With).Distinct())}: the strongest candidates at position 0 stand in for massive activations.");
        }

        if (first.Massive.Count > 0 && first.Text.Bos && targets.All(target => target.Kind != TargetKind.BesideBos))
        {
            var others = first.Massive.Count(found => found.TokenClass != TokenClass.Bos);
            notes.Add(others == 0
                ? "With BOS nothing else is massive."
                : $"With BOS {others} coordinates of other tokens are massive, each in fewer than half of the windows: they come with some texts only and are not certified.");
        }

        foreach (var target in targets.Where(target => target.Vectors[0].MassiveShare > FewTokens))
        {
            notes.Add($"At block {target.Block} {NumberText.Percent(target.Vectors[0].MassiveShare)} of all tokens hold such a value {With(target)}: these are outlier channels, large for many tokens, rather than massive activations, which few tokens hold.");
        }

        if (texts == 1)
        {
            notes.Add("There is one text, so the constants of interventions come from the text that is scored; give a second text for constants from another.");
        }

        notes.Add("Coordinates are those of the first text. Vectors of massive tokens are compared over all pairs; updates are compared with as many random tokens of the same windows.");
        return notes;
    }

    /// <summary>Names the coordinates of a target: "with BOS, massive values of BOS at block 3 (5 coordinates)".</summary>
    private static string Place(CertifiedTarget target)
    {
        var of = target.Kind switch
        {
            TargetKind.Bos => "of BOS ",
            TargetKind.BesideBos => "of other tokens ",
            _ => "",
        };
        var what = target.IsMassive ? "massive values" : "the strongest candidates";
        return $"{With(target)}, {what} {of}at block {target.Block} ({target.Values.Count} coordinate{(target.Values.Count == 1 ? "" : "s")})";
    }

    private static string With(CertifiedTarget target) => target.Kind == TargetKind.WithoutBos ? "without BOS" : "with BOS";

    private static string Evidence(CertifiedTarget target)
    {
        var parts = target.Criteria.Where(criterion => criterion.Value is not null).Select(criterion => criterion.Name switch
        {
            "coordinates" => FormattableString.Invariant($"agree between sources by {criterion.Value:F2} (mean Jaccard)"),
            "values" => $"vary by {NumberText.Percent(criterion.Value!.Value)} (median)",
            "vectors" => FormattableString.Invariant($"give vectors with cosine {criterion.Value:F2} ({target.Vectors[0].Elsewhere:F2} elsewhere)"),
            "updates" => $"make a steadier update than 95 % of random sources in {NumberText.Percent(criterion.Value!.Value)} of {target.Updates.HeadsTested} heads",
            _ => $"can be constants, which avoid {NumberText.Percent(criterion.Value!.Value)} of the damage of zeroing them",
        });
        return string.Join(", ", parts) + (target.Interventions.Recovered is null ? $", and {Harmless(target.Interventions)}" : "");
    }

    /// <summary>Says why constants have no damage to avoid.</summary>
    private static string Harmless(InterventionEvidence evidence) => evidence.Arms.Single(arm => arm.Intervention == Intervention.Zero) switch
    {
        { DeltaNll: <= InterventionTrial.Harmless } => $"zeroing them costs no more than {NumberText.Percent(InterventionTrial.Harmless)} of perplexity",
        { DeltaNllCi95: null } => "one window does not tell what zeroing them costs",
        _ => "zeroing them does no more damage than chance",
    };
}

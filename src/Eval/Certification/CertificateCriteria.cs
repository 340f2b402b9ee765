using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Certification;

/// <summary>The tests of input-independence: what is measured, and from where on it says yes or no. docs/evaluation.md gives the reasons.</summary>
internal static class CertificateCriteria
{
    /// <summary>Coordinates: mean Jaccard index over pairs of sources. From 0.8 most of them are the same everywhere; below 0.5 more differ than agree.</summary>
    public const double SameCoordinates = 0.8, OtherCoordinates = 0.5;

    /// <summary>Values: median over coordinates of the larger coefficient of variation on texts, of windows' values or of all massive entries. Published massive activations have 0.01 to 0.13; at 0.5 a value is as good as any.</summary>
    public const double ConstantValues = 0.15, VaryingValues = 0.5;

    /// <summary>Vectors: mean cosine at massive tokens as the next block reads them. Above 0.9 they are one vector.</summary>
    public const double OneVector = 0.9, SeveralVectors = 0.5;

    /// <summary>Updates: share of heads steadier than 95 % of random sources. One in twenty is chance.</summary>
    public const double MostHeads = 0.5, FewHeads = 0.1;

    /// <summary>Constants: share of the damage of zeroing that constants of another text avoid.</summary>
    public const double AsGood = 0.9, HalfAsGood = 0.5;

    /// <summary>The fewest criteria from which a level follows.</summary>
    public const int LeastTestable = 3;

    /// <summary>Judges a target.</summary>
    /// <param name="agreement">Agreement of sources.</param>
    /// <param name="values">Values of coordinates.</param>
    /// <param name="vectors">Vectors, the next block's first.</param>
    /// <param name="updates">Value updates.</param>
    /// <param name="interventions">Interventions.</param>
    public static IReadOnlyList<Criterion> Judge(
        IReadOnlyList<SourceAgreement> agreement, IReadOnlyList<CoordinateVariation> values, IReadOnlyList<VectorAgreement> vectors, UpdateConstancy updates, InterventionEvidence interventions)
    {
        double[] known = [.. agreement.Select(pair => pair.Jaccard).OfType<double>()];
        return
        [
            Of("coordinates", "mean Jaccard index of the coordinates over pairs of sources", known.Length == 0 ? null : known.Average(), SameCoordinates, OtherCoordinates),
            Of("values", "median over coordinates of the coefficient of variation on texts", Median.OfKnown(values.Select(value => value.Variation)), ConstantValues, VaryingValues),
            Vectors(vectors[0]),
            Of("updates", "share of heads whose update is steadier than 95 % of random sources", updates.SteadyShare, MostHeads, FewHeads),
            Of("constants", "share of the damage of zeroing that constants of another text avoid", interventions.Recovered, AsGood, HalfAsGood),
        ];
    }

    /// <summary>Combines the outcomes.</summary>
    public static CertificateLevel LevelOf(IReadOnlyList<Criterion> criteria)
    {
        CriterionOutcome[] testable = [.. criteria.Select(criterion => criterion.Outcome).Where(outcome => outcome != CriterionOutcome.NotTestable)];
        var no = testable.Count(outcome => outcome == CriterionOutcome.No);
        return testable.Length < LeastTestable ? CertificateLevel.NotTestable
            : testable.All(outcome => outcome == CriterionOutcome.Yes) ? CertificateLevel.InputIndependent
            : 2 * no >= testable.Length ? CertificateLevel.Not
            : CertificateLevel.Partly;
    }

    /// <summary>Vectors that are no more alike than those of other tokens say no, however alike they are.</summary>
    private static Criterion Vectors(VectorAgreement next)
    {
        var criterion = Of("vectors", "mean cosine of normalized vectors at massive tokens, as the next block reads them", next.AtMassive, OneVector, SeveralVectors);
        return next.AtMassive is { } massive && next.Elsewhere is { } other && massive <= other ? criterion with { Outcome = CriterionOutcome.No } : criterion;
    }

    /// <summary>Compares a number with its thresholds; the threshold for no is beyond, that for yes is included.</summary>
    private static Criterion Of(string name, string measure, double? value, double yesAt, double noAt)
    {
        var sign = yesAt > noAt ? 1 : -1;
        return new Criterion(name, measure, value, yesAt, noAt, value is not { } number ? CriterionOutcome.NotTestable
            : sign * number >= sign * yesAt ? CriterionOutcome.Yes
            : sign * number < sign * noAt ? CriterionOutcome.No
            : CriterionOutcome.Between);
    }
}

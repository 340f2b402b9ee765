using OutlierQuant.Calibration;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Certification;

public class CertificateCriteriaTests
{
    [Fact]
    public void Judge_EachNumber_IsComparedWithItsThresholds()
    {
        Assert.Equal("Yes Yes Yes Yes Yes", Outcomes());
        Assert.Equal("Between Between Between Between Between", Outcomes(0.79, 0.16, 0.89, 0.49, 0.89));
        Assert.Equal("Between Between Between Between Between", Outcomes(0.5, 0.5, 0.5, 0.1, 0.5));
        Assert.Equal("No No No No No", Outcomes(0.49, 0.51, 0.49, 0.09, 0.49));
        Assert.Equal("NotTestable NotTestable NotTestable NotTestable NotTestable", Outcomes(null, null, null, null, null));
    }

    [Fact]
    public void Judge_SeveralPairsAndCoordinates_TakesMeanAndMedian()
    {
        var criteria = CertificateCriteria.Judge(
            [new("a", "b", 1), new("a", "c", 0.5), new("b", "c", null)], [Sample.Value(0.1), Sample.Value(0.2), Sample.Value(9)], [Sample.Vectors(0.95, 0.2)], Sample.Updates(0.6), Sample.Interventions(1));

        Assert.Equal((0.75, 0.2), (criteria[0].Value, criteria[1].Value));
    }

    [Fact]
    public void Judge_VectorsNoMoreAlikeThanOthers_SayNo()
    {
        var criteria = CertificateCriteria.Judge([new("a", "b", 1)], [Sample.Value(0.1)], [Sample.Vectors(0.95, 0.96)], Sample.Updates(0.6), Sample.Interventions(1));

        Assert.Equal((CriterionOutcome.No, 0.95), (criteria[2].Outcome, criteria[2].Value));
    }

    [Theory]
    [InlineData("yes yes yes yes yes", CertificateLevel.InputIndependent)]
    [InlineData("yes yes yes cannot cannot", CertificateLevel.InputIndependent)]
    [InlineData("yes yes cannot cannot cannot", CertificateLevel.NotTestable)]
    [InlineData("yes yes yes yes between", CertificateLevel.Partly)]
    [InlineData("yes yes yes no no", CertificateLevel.Partly)]
    [InlineData("yes yes no no cannot", CertificateLevel.Not)]
    [InlineData("no no no no yes", CertificateLevel.Not)]
    public void LevelOf_Outcomes_FollowsTheRule(string outcomes, CertificateLevel expected)
    {
        var criteria = outcomes.Split(' ').Select(word => new Criterion("x", "y", 1, 1, 0, word switch
        {
            "yes" => CriterionOutcome.Yes,
            "no" => CriterionOutcome.No,
            "between" => CriterionOutcome.Between,
            _ => CriterionOutcome.NotTestable,
        })).ToArray();

        Assert.Equal(expected, CertificateCriteria.LevelOf(criteria));
    }

    [Fact]
    public void Variation_WindowsAndEntries_IsTheLarger()
    {
        var value = Sample.Value(0.1) with { Entries = new ValueStatistics(9, 1, 0.3, 0.3) };

        Assert.Equal(0.3, value.Variation);
        Assert.Equal(0.1, (value with { Entries = new ValueStatistics(1, 1, 0, null) }).Variation);
    }

    [Fact]
    public void Describe_NothingButBos_SaysSo()
    {
        var bos = Sample.Target(TargetKind.Bos, CertificateLevel.NotTestable);

        Assert.Equal(CertificateLevel.NotTestable, CertificateVerdict.LevelOf([bos]));
        Assert.StartsWith("Not testable, for there is nothing but trivial evidence: with BOS, massive values of BOS at block 3 (1 coordinate) are constant by causality", CertificateVerdict.Describe([bos]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.004, true, "zeroing them costs no more than 0.5 % of perplexity")]
    [InlineData(0.5, false, "one window does not tell what zeroing them costs")]
    [InlineData(0.5, true, "zeroing them does no more damage than chance")]
    public void Describe_NoDamageToAvoid_SaysWhy(double delta, bool hasInterval, string expected)
    {
        var target = Sample.Target(TargetKind.WithoutBos, CertificateLevel.Partly);
        var zero = new CertifiedIntervention(Intervention.Zero, 9, delta, hasInterval ? new Interval(-1, 1) : null, 3);

        var verdict = CertificateVerdict.Describe([target with { Interventions = target.Interventions with { Arms = [zero], Recovered = null } }]);

        Assert.EndsWith($", and {expected}.", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_TwoReadings_TakesTheWorseAndNamesItsNumbers()
    {
        var beside = Sample.Target(TargetKind.BesideBos, CertificateLevel.InputIndependent);
        var without = Sample.Target(TargetKind.WithoutBos, CertificateLevel.Partly);

        var verdict = CertificateVerdict.Describe([beside, without]);

        Assert.Equal(CertificateLevel.InputIndependent, CertificateVerdict.LevelOf([beside]));
        Assert.Equal(CertificateLevel.Partly, CertificateVerdict.LevelOf([beside, without]));
        Assert.StartsWith("Partly input-independent: with BOS, massive values of other tokens at block 3 (1 coordinate) agree between sources by 1.00 (mean Jaccard), vary by 10.0 % (median)", verdict, StringComparison.Ordinal);
        Assert.Contains("; without BOS, massive values at block 3", verdict, StringComparison.Ordinal);
        Assert.Equal("Nothing to certify: every block's output is zero.", CertificateVerdict.Describe([]));
    }

    private static string Outcomes(double? coordinates = 0.8, double? values = 0.15, double? vectors = 0.9, double? updates = 0.5, double? constants = 0.9) =>
        string.Join(' ', CertificateCriteria.Judge([new("a", "b", coordinates)], [Sample.Value(values)], [Sample.Vectors(vectors, 0.2)], Sample.Updates(updates), Sample.Interventions(constants)).Select(criterion => criterion.Outcome));

    private static class Sample
    {
        public static CoordinateVariation Value(double? variation) => new()
        {
            Coordinate = new CoordinateName(7, TokenClass.Delimiter),
            ReferenceMean = 1,
            OnTexts = new ValueStatistics(4, 1, variation ?? 0, variation),
            Entries = new ValueStatistics(0, 0, 0, null),
            HoldShare = 1,
            BySource = [],
            ByBlock = [],
        };

        public static VectorAgreement Vectors(double? atMassive, double elsewhere) => new(4, 10, atMassive, atMassive, 1000, elsewhere);

        public static UpdateConstancy Updates(double? steady) => new()
        {
            Draws = 99,
            Windows = 4,
            MeanSources = 1,
            HeadsTested = 8,
            SteadyShare = steady,
            MedianConstancy = 0.1,
            MedianNull = 1,
            Heads = [],
        };

        public static InterventionEvidence Interventions(double? recovered) => new()
        {
            Source = "b",
            MeansFrom = "a",
            Windows = 4,
            Resamples = 100,
            Perplexity = 9,
            Arms = [],
            Recovered = recovered,
        };

        public static CertifiedTarget Target(TargetKind kind, CertificateLevel level)
        {
            SourceAgreement[] agreement = [new("a", "b", 1)];
            CoordinateVariation[] values = [Value(0.1)];
            VectorAgreement[] vectors = [Vectors(0.95, 0.2)];
            return new CertifiedTarget
            {
                Kind = kind,
                IsEvidence = kind != TargetKind.Bos,
                IsMassive = true,
                Block = 3,
                Reason = "chosen",
                Sources = [],
                Agreement = agreement,
                Values = values,
                Causality = kind == TargetKind.Bos ? new CausalityCheck(4, 0, true) : null,
                Vectors = vectors,
                Updates = Updates(0.6),
                Interventions = Interventions(1),
                Criteria = kind == TargetKind.Bos ? [] : CertificateCriteria.Judge(agreement, values, vectors, Updates(0.6), Interventions(1)),
                Level = level,
            };
        }
    }
}

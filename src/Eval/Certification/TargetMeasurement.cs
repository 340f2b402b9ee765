using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Runs every source through the model once for one target, and describes values, vectors and updates.</summary>
internal sealed class TargetMeasurement
{
    private readonly TransformerModel _model;
    private readonly TargetChoice _target;
    private readonly CertificationOptions _options;
    private readonly List<(SourceWindows Source, CandidateObserver Candidates, ValueObserver Values, VectorObserver Vectors)> _sources = [];
    private readonly UpdateTally[] _tallies;
    private int _updateWindows;
    private long _updateSources;

    /// <summary>Runs the passes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="target">The target.</param>
    /// <param name="sources">The sources, the texts first.</param>
    /// <param name="options">Draws and seed.</param>
    /// <param name="passes">Reports each pass.</param>
    public TargetMeasurement(TransformerModel model, Tokenizer tokenizer, TargetChoice target, IReadOnlyList<SourceWindows> sources, CertificationOptions options, CertificationPasses passes)
    {
        (_model, _target, _options) = (model, target, options);
        _tallies = [.. Enumerable.Range(0, (model.Config.BlockCount - 1 - target.Block) * model.Config.HeadCount).Select(_ => new UpdateTally(options.Draws))];
        foreach (var source in sources)
        {
            var classifier = new TokenClassifier(tokenizer);
            var massive = new MassiveTokens(target, classifier, source.Set.Windows.Count);
            var candidates = new CandidateObserver(target.Block, model.Config.HiddenSize);
            var values = new ValueObserver(target, classifier, model.Config.BlockCount);
            var vectors = new VectorObserver(model, target.Block, massive);
            var updates = new UpdateObserver(model, target, massive, source.Set.Context, options.Seed + _sources.Count, _tallies, options.Draws);
            passes.Run(model, source, source.IsText ? [massive, candidates, values, vectors, updates] : [massive, candidates, values, vectors]);
            _sources.Add((source, candidates, values, vectors));
            (_updateWindows, _updateSources) = (_updateWindows + updates.Windows, _updateSources + updates.Sources);
        }
    }

    /// <summary>Describes the coordinates of every source by itself.</summary>
    /// <param name="profiles">Their profiles.</param>
    public IReadOnlyList<SourceCoordinates> DescribeSources(IReadOnlyList<CalibrationProfile> profiles) => [.. profiles.Zip(_sources, (profile, source) => new SourceCoordinates(
        profile.Text.Source,
        profile.Text.Windows,
        profile.Massive.Count > 0,
        _target.IsMassive ? _target.MassiveIn(profile) : source.Candidates.Candidates(_options.Detector, profile.Text.Bos ? TokenClass.Bos : TokenClass.First)))];

    /// <summary>Describes the values of each coordinate.</summary>
    public IReadOnlyList<CoordinateVariation> DescribeValues() => [.. _target.Coordinates.Index().Select(pair =>
    {
        var (index, coordinate) = pair;
        var texts = _sources.Where(source => source.Source.IsText).ToArray();
        var windows = texts.Sum(source => source.Values.At(index, _target.Block).Count);
        return new CoordinateVariation
        {
            Coordinate = new CoordinateName(coordinate.Channel, coordinate.TokenClass),
            ReferenceMean = coordinate.Mean,
            OnTexts = OnTexts(index, _target.Block),
            Entries = ValueStatistics.Of(Merge(texts.Select(source => source.Values.Entries(index)))),
            HoldShare = windows == 0 ? null : texts.Sum(source => source.Values.Holds(index)) / (double)windows,
            BySource = [.. _sources.Select(source => new SourceValue(source.Source.Set.Source, ValueStatistics.Of(source.Values.At(index, _target.Block))))],
            ByBlock = [.. Enumerable.Range(0, _model.Config.BlockCount).Select(block => OnTexts(index, block))],
        };

        ValueStatistics OnTexts(int index, int block) => ValueStatistics.Of(Merge(texts.Select(source => source.Values.At(index, block))));
    })];

    /// <summary>Describes whether the values are constant over all sources, as causality demands of a leading BOS.</summary>
    public CausalityCheck CheckCausality()
    {
        var all = _target.Coordinates.Select((_, index) => ValueStatistics.Of(Merge(_sources.Select(source => source.Values.At(index, _target.Block))))).ToArray();
        var largest = all.Max(value => value.CoefficientOfVariation);
        return new CausalityCheck(all.Max(value => value.Count), largest, largest is null or <= CausalityCheck.Rounding);
    }

    /// <summary>Describes the vectors that every later block reads.</summary>
    public IReadOnlyList<VectorAgreement> DescribeVectors() => [.. Enumerable.Range(0, _sources[0].Vectors.ByReader.Count).Select(reader =>
    {
        var texts = _sources.Where(source => source.Source.IsText).ToArray();
        var (massive, others) = (Sum(texts, pair => pair.AtMassive), Sum(texts, pair => pair.Elsewhere));
        return new VectorAgreement(
            _target.Block + 1 + reader,
            massive.Count,
            massive.Mean,
            Sum(_sources, pair => pair.AtMassive).Mean,
            others.Count,
            others.Mean);

        PairwiseCosine Sum(IEnumerable<(SourceWindows, CandidateObserver, ValueObserver, VectorObserver Vectors)> sources, Func<(PairwiseCosine AtMassive, PairwiseCosine Elsewhere), PairwiseCosine> which)
        {
            var sum = new PairwiseCosine(_model.Config.HiddenSize);
            foreach (var source in sources)
            {
                sum.Add(which(source.Vectors.ByReader[reader]));
            }

            return sum;
        }
    })];

    /// <summary>Describes the value updates of every later head.</summary>
    public UpdateConstancy DescribeUpdates()
    {
        var heads = _model.Config.HeadCount;
        HeadConstancy[] described = [.. _tallies.Index().Select(pair => pair.Item.Describe(new HeadPlace(_target.Block + 1 + (pair.Index / heads), pair.Index % heads)))];
        HeadConstancy[] tested = [.. described.Where(head => head.Windows > 0)];
        return new UpdateConstancy
        {
            Draws = _options.Draws,
            Windows = _updateWindows,
            MeanSources = _updateWindows == 0 ? null : (double)_updateSources / _updateWindows,
            HeadsTested = tested.Length,
            SteadyShare = tested.Length == 0 ? null : tested.Count(head => head.Quantile <= UpdateConstancy.Steady) / (double)tested.Length,
            MedianConstancy = Median.OfKnown(tested.Select(head => head.Constancy)),
            MedianNull = Median.OfKnown(tested.Select(head => head.NullMedian)),
            Heads = described,
        };
    }

    private static RunningMoments Merge(IEnumerable<RunningMoments> moments) => moments.Aggregate(default(RunningMoments), (all, next) => all.Merge(next));
}

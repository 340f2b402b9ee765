using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Measures the sink metric on every kind of windows, and finds the sinks on those of the text.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="options">ε, seed, number of windows, progress.</param>
/// <param name="length">T, tokens of a window.</param>
/// <param name="bos">Whether the text is read with BOS.</param>
internal sealed class SinkSearch(TransformerModel model, Tokenizer tokenizer, AttentionOptions options, int length, bool bos)
{
    private readonly List<SinkMetric> _metrics = [];
    private readonly SinkCandidates _candidates = new(tokenizer, bos, model.Config.BlockCount, model.Config.HeadCount);

    /// <summary>Gets T.</summary>
    public int Length => length;

    /// <summary>Gets whether the text is read with BOS.</summary>
    public bool Bos => bos;

    /// <summary>Gets the metric on every kind of windows, those of the text first.</summary>
    public IReadOnlyList<SinkMetric> Metrics => _metrics;

    /// <summary>Gets the sinks.</summary>
    public IReadOnlyList<SinkToken> Sinks { get; private set; } = [];

    /// <summary>Gets the number of passes, the one over long windows included.</summary>
    public int PassCount => (3 * Settings.Length) + 1;

    private bool[] Settings => tokenizer.BosTokenId is null ? [false] : [bos, !bos];

    /// <summary>The mean α of position 0 in one head, on windows of the text.</summary>
    public double FirstAlpha(int block, int head) => _candidates.FirstAlpha(block, head);

    /// <summary>Runs every kind of windows.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Its name.</param>
    public void Run(string text, string source)
    {
        var tokenIds = tokenizer.TextTokenIds();
        foreach (var withBos in Settings)
        {
            var natural = Cut(text, source, withBos);
            int? first = withBos ? tokenizer.BosTokenId : null;
            Measure("natural", withBos, natural, withBos == bos ? _candidates : null);
            Measure("random", withBos, ControlWindows.RandomTokens(tokenIds, natural.Count, length, first, options.Seed), null);
            Measure("repeated", withBos, ControlWindows.Repeated(tokenIds, natural.Count, length, first, options.Seed), null);
        }

        Sinks = _candidates.Pick(options.SinkThreshold);
    }

    private IReadOnlyList<int[]> Cut(string text, string source, bool withBos)
    {
        try
        {
            return TextWindows.Cut(tokenizer, text, source, length, withBos, options.MaxWindows).Windows;
        }
        catch (ArgumentException tooShort)
        {
            throw new ArgumentException($"Windows of {length} tokens for the sink metric: {tooShort.Message}", tooShort);
        }
    }

    private void Measure(string tokens, bool withBos, IReadOnlyList<int[]> windows, SinkCandidates? candidates)
    {
        var observer = new SinkMetricObserver(windows, model.Config.BlockCount, model.Config.HeadCount, options.SinkThreshold, candidates);
        var pass = _metrics.Count;
        new ForwardPass(model).Run(windows, observer, new ForwardOptions
        {
            Observer = observer,
            StartsWithBos = withBos,
            Progress = done => options.Progress?.Invoke(new ArmProgress(pass, PassCount, $"{tokens} tokens", done)),
            Cancellation = options.Cancellation,
        });
        _metrics.Add(new SinkMetric(tokens, withBos, windows.Count, observer.SinkByPosition));
    }
}

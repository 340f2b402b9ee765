using System.Buffers;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Scoring;

/// <summary>Scores the targets of each window from its final hidden states, a chunk of tokens at a time, so that <c>[tokens, vocabulary]</c> is never held whole.</summary>
/// <remarks>Each token is scored by itself, whichever thread does it, and sums are taken in the order of the text: the bits do not depend on the number of threads.</remarks>
internal sealed class TokenScorer : IWindowConsumer
{
    private const int LogitBytes = 16 << 20;

    private readonly TransformerModel _model;
    private readonly IReadOnlyList<ScoredWindow> _windows;
    private readonly Baseline? _baseline;
    private readonly bool _fillsBaseline;
    private readonly int _vocabulary;
    private readonly bool _wholeWindows;
    private readonly int _chunkTokens;
    private float[] _logits = [];
    private float[] _baselineLogits = [];

    public TokenScorer(TransformerModel model, IReadOnlyList<ScoredWindow> windows, Baseline? baseline)
    {
        _model = model;
        _windows = windows;
        _baseline = baseline;
        _fillsBaseline = ReferenceEquals(baseline?.Model, model);
        _vocabulary = model.Config.VocabularySize;

        // A head whose inputs share one scale over all tokens of a call must see the window whole, or its codes would depend on the chunks.
        _wholeWindows = model.Linears[^1] is QuantizedLinear { Activations.Granularity: ActivationGranularity.Tensor };
        _chunkTokens = Math.Max(1, LogitBytes / (_vocabulary * sizeof(float)));
        Losses = new double[windows.Count][];
        Divergences = baseline is null || _fillsBaseline ? null : new double[windows.Count][];
    }

    /// <summary>Gets the losses in nats. Shape <c>[windows][targets]</c>.</summary>
    public double[][] Losses { get; }

    /// <summary>Gets the KL divergences from the baseline in nats; null without one. Shape <c>[windows][targets]</c>.</summary>
    public double[][]? Divergences { get; }

    /// <summary>Gets how many tokens have their largest logit where the baseline has it.</summary>
    public long TopOneAgreements { get; private set; }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
        var scored = _windows[window];
        var hiddenSize = _model.Config.HiddenSize;
        var firstRow = scored.FirstTarget - 1;
        var scores = new TokenDivergence[scored.TargetCount];
        if (_fillsBaseline)
        {
            _baseline!.Hidden[window] = finalHidden.Slice(firstRow * hiddenSize, scores.Length * hiddenSize).ToArray();
        }

        // Rows that predict no target are computed only where the head must see the window whole.
        var (row, end) = _wholeWindows ? (0, scored.TokenIds.Length) : (firstRow, scored.TokenIds.Length - 1);
        var step = _wholeWindows ? end : _chunkTokens;
        for (; row < end; row += step)
        {
            ScoreRows(window, chunk, finalHidden, row, Math.Min(step, end - row), scores);
        }

        Record(window, scores);
    }

    private void ScoreRows(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden, int row, int rows, TokenDivergence[] scores)
    {
        var scored = _windows[window];
        ComputeLogits(_model, finalHidden, chunk, row, rows, ref _logits);
        var first = Math.Max(row, scored.FirstTarget - 1);
        var last = Math.Min(row + rows, scored.TokenIds.Length - 1);
        var target = first + 1 - scored.FirstTarget;
        if (Divergences is not null)
        {
            var hidden = _baseline!.Hidden[window].AsMemory(target * _model.Config.HiddenSize);
            ComputeLogits(_baseline.Model, hidden, chunk with { TokenIds = chunk.TokenIds[first..], FirstPosition = chunk.FirstPosition + first }, 0, last - first, ref _baselineLogits);
        }

        using var clock = _model.Context.Measure(ForwardPart.LogSoftmax);
        _model.Context.Team.Run(last - first, 1, (firstItem, count) =>
        {
            var scratch = ArrayPool<double>.Shared.Rent(Divergences is null ? 0 : 2 * _vocabulary);
            for (var item = firstItem; item < firstItem + count; item++)
            {
                var logits = _logits.AsSpan((first - row + item) * _vocabulary, _vocabulary);
                var tokenId = scored.Targets[target + item];
                scores[target + item] = Divergences is null
                    ? new TokenDivergence(SoftmaxRow.NegativeLogLikelihood(logits, tokenId), 0, false)
                    : SoftmaxRow.Compare(_baselineLogits.AsSpan(item * _vocabulary, _vocabulary), logits, tokenId, scratch);
            }

            ArrayPool<double>.Shared.Return(scratch);
        });
    }

    private void ComputeLogits(TransformerModel model, ReadOnlyMemory<float> hidden, SequenceChunk chunk, int row, int rows, ref float[] logits)
    {
        if (logits.Length < rows * _vocabulary)
        {
            logits = new float[rows * _vocabulary];
        }

        var part = chunk with { TokenIds = chunk.TokenIds.Slice(row, rows), FirstPosition = chunk.FirstPosition + row };
        model.ComputeLogits(hidden[(row * model.Config.HiddenSize)..], rows, part, logits);
    }

    private void Record(int window, TokenDivergence[] scores)
    {
        for (var target = 0; target < scores.Length; target++)
        {
            if (double.IsNaN(scores[target].NegativeLogLikelihood))
            {
                throw NonFiniteLogitsException.Diagnose(_model, _windows[window], window, target);
            }
        }

        Losses[window] = Array.ConvertAll(scores, score => score.NegativeLogLikelihood);
        if (Divergences is not null)
        {
            Divergences[window] = Array.ConvertAll(scores, score => score.KullbackLeibler);
            TopOneAgreements += scores.Count(score => score.TopOneAgrees);
        }
    }
}

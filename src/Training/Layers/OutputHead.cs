using System.Numerics.Tensors;
using OutlierQuant.Models.Numerics;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary>The loss: final norm, logits by the embedding table, and <c>−ln p(target)</c> in nats. Logits exist for some rows at a time.</summary>
/// <remarks>The loss of a batch is the mean over its targets, so the derivative by a logit is <c>(p − [it is the target]) / targets</c>.</remarks>
internal sealed class OutputHead
{
    private const int RowsPerPiece = 1024;

    private readonly ModelShape _shape;
    private readonly LayerContext _context;
    private readonly LinearLayer _linear;
    private readonly NormLayer? _norm;
    private readonly float[] _normed;
    private readonly double[] _losses;

    /// <summary>Creates a head for at most a number of windows.</summary>
    public OutputHead(ModelParameters parameters, ModelShape shape, int windows, LayerContext context)
    {
        int rows = windows * shape.RowsPerWindow;
        (_shape, _context) = (shape, context);
        _linear = new(new(parameters.Embedding, null), context);
        _norm = parameters.FinalNorm is null ? null : new(parameters.FinalNorm, rows, context);
        _normed = new float[_norm is null ? 0 : rows * shape.HiddenSize];
        _losses = new double[rows];
    }

    /// <summary>Computes the mean loss of a batch.</summary>
    /// <param name="stream">The stream after the last block. Shape [rows, hiddenSize].</param>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="derivative">Receives the derivative by the stream, and the token table's gradient is computed; empty for neither. Shape [rows, hiddenSize].</param>
    public double Compute(ReadOnlyMemory<float> stream, Batch batch, Memory<float> derivative)
    {
        int rows = batch.Windows * _shape.RowsPerWindow, hidden = _shape.HiddenSize;
        ReadOnlyMemory<float> read = stream;
        if (_norm is not null)
        {
            _norm.Forward(stream, rows, _normed);
            read = _normed;
        }

        int targets = batch.Targets.Count(target => target != Batch.None);
        for (int first = 0; first < rows; first += RowsPerPiece)
        {
            int count = Math.Min(RowsPerPiece, rows - first);
            ReadOnlyMemory<float> piece = read.Slice(first * hidden, count * hidden);
            Memory<float> logits = _context.Workspace.Take(Use.Logits, count * _shape.VocabularySize);
            _linear.Forward(piece, count, logits);
            Score(batch, first, count, logits, targets);
            if (!derivative.IsEmpty)
            {
                _linear.Backward(piece, logits, count, derivative.Slice(first * hidden, count * hidden), adds: first > 0);
            }
        }

        if (!derivative.IsEmpty)
        {
            _norm?.Backward(stream, derivative, rows, derivative, adds: false);
        }

        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            sum += _losses[row];
        }

        return sum / targets;
    }

    /// <summary>Computes the losses of some rows, and puts the derivatives in the place of their logits.</summary>
    private void Score(Batch batch, int firstRow, int rows, Memory<float> logits, int targets) => _context.Compute.Team.Run(rows, 1, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            Span<float> values = logits.Span.Slice(row * _shape.VocabularySize, _shape.VocabularySize);
            int target = TargetOf(batch, firstRow + row);
            if (target == Batch.None)
            {
                _losses[firstRow + row] = 0;
                values.Clear();
                continue;
            }

            float largest = Softmax.Largest(values), ofTarget = values[target];
            double total = Softmax.Exponentiate(values, largest, 1);
            _losses[firstRow + row] = Math.Log(total) + largest - ofTarget;
            TensorPrimitives.Multiply(values, (float)(1 / (total * targets)), values);
            values[target] -= 1f / targets;
        }
    });

    private int TargetOf(Batch batch, int row)
    {
        int position = (row % _shape.RowsPerWindow) - _shape.SinkRows;
        return position < 0 ? Batch.None : batch.Targets[(row / _shape.RowsPerWindow * _shape.Context) + position];
    }
}

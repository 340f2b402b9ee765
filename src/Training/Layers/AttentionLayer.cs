using System.Numerics.Tensors;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary>Causal self-attention: projections, heads, attention, gates of heads if the variant has them, and the projection back to the stream.</summary>
internal sealed class AttentionLayer : ISublayer
{
    private readonly ModelShape _shape;
    private readonly LayerContext _context;
    private readonly LinearLayer _queryKeyValue;
    private readonly LinearLayer _output;
    private readonly HeadSplit _split;
    private readonly HeadBuffers _heads;
    private readonly float[] _projected;
    private readonly float[] _attended;

    // With gates: what the output projection reads, and the logistic function of each gate [rows, heads].
    private readonly float[] _gated;
    private readonly float[] _gates;

    /// <summary>Creates attention for at most a number of windows.</summary>
    public AttentionLayer(BlockParameters parameters, ModelShape shape, int windows, LayerContext context)
    {
        (_shape, _context) = (shape, context);
        _queryKeyValue = new(parameters.QueryKeyValue, context);
        _output = new(parameters.AttentionOutput, context);
        _split = new(parameters, shape, context);
        Core = new(shape, new AttentionBlocks(shape), windows, context);
        int rows = windows * shape.RowsPerWindow, entries = windows * (shape.ConstantKeys + shape.RowsPerWindow);
        _heads = new(new float[rows * shape.QuerySize], new float[entries * shape.KeyValueSize], new float[entries * shape.KeyValueSize]);
        _projected = new float[shape.Variant.QueryKeyNorm ? rows * _queryKeyValue.OutFeatures : 0];
        _attended = new float[rows * shape.QuerySize];
        _gated = new float[IsGated ? rows * shape.QuerySize : 0];
        _gates = new float[IsGated ? rows * shape.HeadCount : 0];
    }

    /// <summary>Gets the attention itself, which holds the probabilities.</summary>
    public AttentionCore Core { get; }

    /// <summary>Gets keys and values of the last forward pass.</summary>
    public HeadBuffers Heads => _heads;

    /// <inheritdoc/>
    public long KeptFloats => (long)_heads.Queries.Length + _heads.Keys.Length + _heads.Values.Length + _projected.Length + _attended.Length + _gated.Length + Core.KeptFloats;

    private bool IsGated => _shape.Variant.Attention == AttentionVariant.Gated;

    private int Stride => _queryKeyValue.OutFeatures;

    /// <inheritdoc/>
    public void Forward(ReadOnlyMemory<float> x, int windows, Memory<float> y)
    {
        int rows = windows * _shape.RowsPerWindow;
        Memory<float> projected = _shape.Variant.QueryKeyNorm ? _projected : _context.Workspace.Take(Use.Projected, rows * Stride);
        _queryKeyValue.Forward(x, rows, projected);
        _split.Forward(projected, Stride, windows, _heads);
        Core.Forward(_heads, windows, _attended);
        if (IsGated)
        {
            Gate(projected, rows);
        }

        _output.Forward(IsGated ? _gated : _attended, rows, y);
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int windows, Memory<float> dx)
    {
        int rows = windows * _shape.RowsPerWindow, entries = windows * (_shape.ConstantKeys + _shape.RowsPerWindow);
        Memory<float> byAttended = _context.Workspace.Take(Use.Attended, rows * _shape.QuerySize);
        Memory<float> byProjected = _context.Workspace.Take(Use.Projected, rows * Stride);
        HeadBuffers byHeads = new(
            _context.Workspace.Take(Use.HeadQueries, rows * _shape.QuerySize),
            _context.Workspace.Take(Use.HeadKeys, entries * _shape.KeyValueSize),
            _context.Workspace.Take(Use.HeadValues, entries * _shape.KeyValueSize));
        _output.Backward(IsGated ? _gated : _attended, dy, rows, byAttended);
        if (IsGated)
        {
            DifferentiateGates(byAttended, byProjected, rows);
        }

        Core.Backward(_heads, _attended, byAttended, windows, byHeads);
        _split.Backward(_projected, byHeads, Stride, windows, byProjected);
        _queryKeyValue.Backward(x, byProjected, rows, dx);
    }

    /// <summary><c>gated = σ(gate) · attended</c> of each head; gates are the last features of projected rows.</summary>
    private void Gate(ReadOnlyMemory<float> projected, int rows) => ForHeads(rows, (row, head) =>
    {
        float gate = (float)(1 / (1 + Math.Exp(-projected.Span[GateAt(row, head)])));
        _gates[(row * _shape.HeadCount) + head] = gate;
        TensorPrimitives.Multiply(HeadOf(_attended, row, head), gate, HeadOf(_gated, row, head));
    });

    /// <summary>Computes the derivative by each gate, <c>σ · (1 − σ) · Σ d · attended</c>, and in the place of d that by what was gated, <c>σ · d</c>.</summary>
    private void DifferentiateGates(Memory<float> d, Memory<float> byProjected, int rows) => ForHeads(rows, (row, head) =>
    {
        Span<float> ofHead = HeadOf(d.Span, row, head);
        float gate = _gates[(row * _shape.HeadCount) + head];
        byProjected.Span[GateAt(row, head)] = gate * (1 - gate) * FixedOrder.Dot(ofHead, HeadOf(_attended, row, head));
        TensorPrimitives.Multiply(ofHead, gate, ofHead);
    });

    private void ForHeads(int rows, Action<int, int> body) => _context.ForRows(rows, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            for (int head = 0; head < _shape.HeadCount; head++)
            {
                body(row, head);
            }
        }
    });

    private int GateAt(int row, int head) => (row * Stride) + _shape.QuerySize + (2 * _shape.KeyValueSize) + head;

    private Span<float> HeadOf(Span<float> rows, int row, int head) => rows.Slice((row * _shape.QuerySize) + (head * _shape.HeadSize), _shape.HeadSize);
}

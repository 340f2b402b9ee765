using System.Numerics.Tensors;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary>A branch with its norms, added to the residual stream: <c>h + f(norm(h))</c>, <c>h + norm′(f(norm(h)))</c>, or <c>norm′(h + f(h))</c>.</summary>
internal sealed class ResidualBranch
{
    private readonly ISublayer _sublayer;
    private readonly NormLayer? _before;
    private readonly NormLayer? _after;
    private readonly bool _isPost;
    private readonly LayerContext _context;
    private readonly int _rowsPerWindow;
    private readonly int _hiddenSize;

    // What the sublayer read, and what the second norm read.
    private readonly float[] _normed;
    private readonly float[] _added;

    /// <summary>Creates a branch for at most a number of windows.</summary>
    public ResidualBranch(ISublayer sublayer, NormParameters? before, NormParameters? after, ModelShape shape, int windows, LayerContext context)
    {
        int rows = windows * shape.RowsPerWindow;
        (_sublayer, _context, _rowsPerWindow, _hiddenSize) = (sublayer, context, shape.RowsPerWindow, shape.HiddenSize);
        _isPost = shape.Variant.Norm == NormPlacement.Post;
        _before = before is null ? null : new NormLayer(before, rows, context);
        _after = after is null ? null : new NormLayer(after, rows, context);
        _normed = new float[before is null ? 0 : rows * shape.HiddenSize];
        _added = new float[after is null ? 0 : rows * shape.HiddenSize];
    }

    /// <summary>Gets the floats that are kept for the backward pass.</summary>
    public long KeptFloats => _sublayer.KeptFloats + _normed.Length + _added.Length;

    /// <summary>Computes the stream after the branch. Shapes [rows, hiddenSize].</summary>
    public void Forward(ReadOnlyMemory<float> input, int windows, Memory<float> output)
    {
        int rows = windows * _rowsPerWindow;
        ReadOnlyMemory<float> read = input;
        if (_before is not null)
        {
            _before.Forward(input, rows, _normed);
            read = _normed;
        }

        Memory<float> added = _after is null ? output : _added;
        _sublayer.Forward(read, windows, added);
        if (_isPost)
        {
            Add(input, added, rows, added);
            _after!.Forward(added, rows, output);
            return;
        }

        _after?.Forward(added, rows, output);
        Add(input, output, rows, output);
    }

    /// <summary>Computes the derivatives by the parameters, and by the input in the place of that by the output.</summary>
    /// <param name="input">What <see cref="Forward"/> read. Shape [rows, hiddenSize].</param>
    /// <param name="windows">Number of windows.</param>
    /// <param name="derivative">The derivative by the output; becomes that by the input. Shape [rows, hiddenSize].</param>
    public void Backward(ReadOnlyMemory<float> input, int windows, Memory<float> derivative)
    {
        int rows = windows * _rowsPerWindow, length = rows * _hiddenSize;
        Memory<float> byInput = _context.Workspace.Take(Use.BranchInput, length);
        if (_isPost)
        {
            _after!.Backward(_added, derivative, rows, derivative, adds: false);
            _sublayer.Backward(input, derivative, windows, byInput);
            Add(derivative, byInput, rows, derivative);
            return;
        }

        ReadOnlyMemory<float> byAdded = derivative;
        if (_after is not null)
        {
            Memory<float> memory = _context.Workspace.Take(Use.BranchOutput, length);
            _after.Backward(_added, derivative, rows, memory, adds: false);
            byAdded = memory;
        }

        _sublayer.Backward(_normed, byAdded, windows, byInput);
        _before!.Backward(input, byInput, rows, derivative, adds: true);
    }

    private void Add(ReadOnlyMemory<float> left, ReadOnlyMemory<float> right, int rows, Memory<float> sum) => _context.ForRows(rows, (first, count) =>
    {
        int start = first * _hiddenSize, length = count * _hiddenSize;
        TensorPrimitives.Add(left.Span.Slice(start, length), right.Span.Slice(start, length), sum.Span.Slice(start, length));
    });
}

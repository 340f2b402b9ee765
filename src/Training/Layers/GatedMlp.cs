using System.Runtime.Intrinsics;
using OutlierQuant.Models.Numerics;
using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary><c>down(silu(g) · u)</c> with <c>g, u = gate(x), up(x)</c>; Shazeer, arXiv:2002.05202, SwiGLU.</summary>
/// <remarks>With σ the logistic function: <c>silu(g) = g·σ(g)</c>, <c>dg = d · u · σ(g) · (1 + g · (1 − σ(g)))</c>, <c>du = d · silu(g)</c>.</remarks>
internal sealed class GatedMlp : ISublayer
{
    private readonly LinearLayer _gateUp;
    private readonly LinearLayer _down;
    private readonly LayerContext _context;
    private readonly int _rowsPerWindow;
    private readonly float[] _branches;
    private readonly float[] _inner;

    /// <summary>Creates an MLP for at most a number of windows.</summary>
    public GatedMlp(BlockParameters parameters, ModelShape shape, int windows, LayerContext context)
    {
        (_context, _rowsPerWindow) = (context, shape.RowsPerWindow);
        _gateUp = new(parameters.MlpInput, context);
        _down = new(parameters.MlpOutput, context);
        _branches = new float[windows * shape.RowsPerWindow * 2 * shape.IntermediateSize];
        _inner = new float[windows * shape.RowsPerWindow * shape.IntermediateSize];
    }

    /// <inheritdoc/>
    public long KeptFloats => (long)_branches.Length + _inner.Length;

    private int Width => _down.InFeatures;

    /// <inheritdoc/>
    public void Forward(ReadOnlyMemory<float> x, int windows, Memory<float> y)
    {
        int rows = windows * _rowsPerWindow;
        _gateUp.Forward(x, rows, _branches);
        _context.ForRows(rows, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                Span<float> inner = _inner.AsSpan(row * Width, Width);
                _branches.AsSpan(2 * row * Width, Width).CopyTo(inner);
                Lanewise.Apply<Silu>(inner, _branches.AsSpan(((2 * row) + 1) * Width, Width));
            }
        });
        _down.Forward(_inner, rows, y);
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int windows, Memory<float> dx)
    {
        int rows = windows * _rowsPerWindow;
        Memory<float> byInner = _context.Workspace.Take(Use.Inner, rows * Width), byBranches = _context.Workspace.Take(Use.Branches, 2 * rows * Width);
        _down.Backward(_inner, dy, rows, byInner);
        _context.ForRows(rows, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                Differentiate(
                    _branches.AsSpan(2 * row * Width, Width),
                    _branches.AsSpan(((2 * row) + 1) * Width, Width),
                    byInner.Span.Slice(row * Width, Width),
                    byBranches.Span.Slice(2 * row * Width, Width),
                    byBranches.Span.Slice(((2 * row) + 1) * Width, Width));
            }
        });
        _gateUp.Backward(x, byBranches, rows, dx);
    }

    private static void Differentiate(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> d, Span<float> dgate, Span<float> dup)
    {
        int i = 0;
        for (; i + Lanes.Count <= gate.Length; i += Lanes.Count)
        {
            (Vector256<float> byGate, Vector256<float> byUp) = Differentiate(Lanes.Load(gate, i), Lanes.Load(up, i), Lanes.Load(d, i));
            byGate.CopyTo(dgate[i..]);
            byUp.CopyTo(dup[i..]);
        }

        for (; i < gate.Length; i++)
        {
            (Vector256<float> byGate, Vector256<float> byUp) = Differentiate(Vector256.Create(gate[i]), Vector256.Create(up[i]), Vector256.Create(d[i]));
            dgate[i] = byGate[0];
            dup[i] = byUp[0];
        }
    }

    private static (Vector256<float> ByGate, Vector256<float> ByUp) Differentiate(Vector256<float> gate, Vector256<float> up, Vector256<float> d)
    {
        Vector256<float> logistic = Vector256<float>.One / (Vector256<float>.One + VectorExponential.Of(-gate));
        Vector256<float> slope = logistic * (Vector256<float>.One + (gate * (Vector256<float>.One - logistic)));
        return (d * up * slope, d * gate * logistic);
    }

    private readonly struct Silu : ILanewise
    {
        public static Vector256<float> Invoke(Vector256<float> x) => x / (Vector256<float>.One + VectorExponential.Of(-x));
    }
}

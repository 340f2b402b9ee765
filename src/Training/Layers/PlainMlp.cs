using System.Runtime.Intrinsics;
using OutlierQuant.Models.Numerics;
using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary><c>down(gelu(up(x)))</c> with the tanh form of GELU; Hendrycks and Gimpel, arXiv:1606.08415, section 2.</summary>
/// <remarks>
/// With <c>w = 2·√(2/π) · (x + 0.044715·x³)</c> and σ the logistic function: <c>gelu(x) = x·σ(w)</c> and <c>gelu′(x) = σ(w) + x · σ(w) · (1 − σ(w)) · w′</c>,
/// <c>w′ = 2·√(2/π) · (1 + 3 · 0.044715·x²)</c>.
/// </remarks>
internal sealed class PlainMlp : ISublayer
{
    private const float CubeShare = 0.044715f;
    private const float TwoRootsOfTwoByPi = 2 * 0.7978845608028654f;

    private readonly LinearLayer _up;
    private readonly LinearLayer _down;
    private readonly LayerContext _context;
    private readonly int _rowsPerWindow;
    private readonly float[] _branch;
    private readonly float[] _inner;

    /// <summary>Creates an MLP for at most a number of windows.</summary>
    public PlainMlp(BlockParameters parameters, ModelShape shape, int windows, LayerContext context)
    {
        (_context, _rowsPerWindow) = (context, shape.RowsPerWindow);
        _up = new(parameters.MlpInput, context);
        _down = new(parameters.MlpOutput, context);
        _branch = new float[windows * shape.RowsPerWindow * shape.IntermediateSize];
        _inner = new float[_branch.Length];
    }

    /// <inheritdoc/>
    public long KeptFloats => (long)_branch.Length + _inner.Length;

    private int Width => _down.InFeatures;

    /// <inheritdoc/>
    public void Forward(ReadOnlyMemory<float> x, int windows, Memory<float> y)
    {
        int rows = windows * _rowsPerWindow;
        _up.Forward(x, rows, _branch);
        _context.ForRows(rows, (first, count) =>
        {
            Span<float> inner = _inner.AsSpan(first * Width, count * Width);
            _branch.AsSpan(first * Width, count * Width).CopyTo(inner);
            Lanewise.Apply<Gelu>(inner, []);
        });
        _down.Forward(_inner, rows, y);
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int windows, Memory<float> dx)
    {
        int rows = windows * _rowsPerWindow;
        Memory<float> derivative = _context.Workspace.Take(Use.Inner, rows * Width);
        _down.Backward(_inner, dy, rows, derivative);
        _context.ForRows(rows, (first, count) => Differentiate(_branch.AsSpan(first * Width, count * Width), derivative.Span.Slice(first * Width, count * Width)));
        _up.Backward(x, derivative, rows, dx);
    }

    /// <summary>Multiplies derivatives by gelu′.</summary>
    private static void Differentiate(ReadOnlySpan<float> x, Span<float> derivative)
    {
        int i = 0;
        for (; i + Lanes.Count <= x.Length; i += Lanes.Count)
        {
            (Lanes.Load(derivative, i) * Slope(Lanes.Load(x, i))).CopyTo(derivative[i..]);
        }

        for (; i < x.Length; i++)
        {
            derivative[i] *= Slope(Vector256.Create(x[i]))[0];
        }
    }

    private static Vector256<float> Logistic(Vector256<float> x)
    {
        Vector256<float> w = x * ((x * x * CubeShare) + Vector256<float>.One) * TwoRootsOfTwoByPi;
        return Vector256<float>.One / (Vector256<float>.One + VectorExponential.Of(-w));
    }

    private static Vector256<float> Slope(Vector256<float> x)
    {
        Vector256<float> logistic = Logistic(x);
        Vector256<float> inner = ((x * x * (3 * CubeShare)) + Vector256<float>.One) * TwoRootsOfTwoByPi;
        return logistic + (x * logistic * (Vector256<float>.One - logistic) * inner);
    }

    private readonly struct Gelu : ILanewise
    {
        public static Vector256<float> Invoke(Vector256<float> x) => x * Logistic(x);
    }
}

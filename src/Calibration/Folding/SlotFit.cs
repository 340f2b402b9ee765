using System.Numerics;
using System.Numerics.Tensors;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Least squares for one head: the pair (k′, v′) that comes closest to several pairs over the queries taken.</summary>
/// <remarks>
/// <para>With scores <c>s_i = q·k_i/√d</c> and <c>π = softmax(s)</c> over the slots, k′ minimizes <c>Σ_q (q·k′/√d − ln Σ_i e^{s_i})²</c>, which gives the slots together the same share of
/// attention, and v′ minimizes <c>Σ_q ‖v′ − Σ_i π_i v_i‖²</c>: it is the mean of these.</para>
/// <para>k′ solves <c>(Σ q qᵀ/d + λ I) k′ = Σ q/√d · ln Σ_i e^{s_i}</c> by Cholesky's decomposition in binary64, with λ a billionth (1e-9) of the mean diagonal, so that directions that no
/// query has get 0.</para>
/// </remarks>
internal sealed class SlotFit(AttentionConstants constants, int head)
{
    private const double Damping = 1e-9;

    private readonly int _size = constants.HeadSize;
    private readonly double[] _squares = new double[constants.HeadSize * constants.HeadSize];
    private readonly double[] _products = new double[constants.HeadSize];
    private readonly double[] _valueSum = new double[constants.HeadSize];
    private double _targetSquares;
    private double _valueSquares;

    /// <summary>Gets the number of queries taken.</summary>
    public long Queries { get; private set; }

    /// <summary>Takes one query. Shape [headSize].</summary>
    public void Add(ReadOnlySpan<float> query)
    {
        double root = Math.Sqrt(_size);
        double[] weights = new double[constants.Slots];
        for (int slot = 0; slot < weights.Length; slot++)
        {
            weights[slot] = Dot(query, constants.Key(head, slot)) / root;
        }

        double largest = weights.Max();
        double total = weights.Sum(score => Math.Exp(score - largest));
        double target = largest + Math.Log(total);
        double[] scaled = new double[_size], mixed = new double[_size];
        for (int i = 0; i < _size; i++)
        {
            scaled[i] = query[i] / root;
            for (int slot = 0; slot < weights.Length; slot++)
            {
                mixed[i] += Math.Exp(weights[slot] - target) * constants.Value(head, slot)[i];
            }
        }

        for (int row = 0; row < _size; row++)
        {
            Span<double> squares = _squares.AsSpan(row * _size, _size);
            TensorPrimitives.MultiplyAdd(scaled, scaled[row], squares, squares);
        }

        TensorPrimitives.MultiplyAdd(scaled, target, _products, _products);
        TensorPrimitives.Add(_valueSum, mixed, _valueSum);
        _targetSquares += target * target;
        _valueSquares += Dot<double>(mixed, mixed);
        Queries++;
    }

    /// <summary>Computes the pair and its residuals from the queries taken, at least one.</summary>
    public (float[] Key, float[] Value, double KeyResidual, double ValueResidual) Solve()
    {
        double[] damped = [.. _squares];
        double mean = Enumerable.Range(0, _size).Average(i => _squares[(i * _size) + i]);
        for (int i = 0; i < _size; i++)
        {
            damped[(i * _size) + i] += Math.Max(Damping * mean, double.Epsilon);
        }

        double[] key = Cholesky.Solve(damped, _products);

        // Σ (q·k′/√d − target)², multiplied out over what was summed up.
        double squares = _targetSquares - (2 * Dot<double>(key, _products));
        for (int row = 0; row < _size; row++)
        {
            squares += key[row] * Dot<double>(_squares.AsSpan(row * _size, _size), key);
        }

        double[] value = [.. _valueSum.Select(sum => sum / Queries)];
        double explained = Queries * Dot<double>(value, value);
        return (
            Array.ConvertAll(key, number => (float)number),
            Array.ConvertAll(value, number => (float)number),
            Math.Sqrt(Math.Max(0, squares) / Queries),
            _valueSquares == 0 ? 0 : Math.Sqrt(Math.Max(0, 1 - (explained / _valueSquares))));
    }

    /// <summary>A sum in the order of the numbers, wherever they lie in memory.</summary>
    private static double Dot<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right)
        where T : INumber<T>
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += double.CreateChecked(left[i]) * double.CreateChecked(right[i]);
        }

        return sum;
    }
}

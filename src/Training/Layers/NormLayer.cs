using System.Runtime.Intrinsics;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary>Normalizes rows: <c>y = gain · x̂</c> with <c>x̂ = x / √(mean(x²) + ε)</c>, or <c>y = gain · x̂ + bias</c> with <c>x̂ = (x − mean) / √(variance + ε)</c>.</summary>
/// <remarks>
/// With n columns, <c>a = gain · dy</c> and s the factor that makes x̂: <c>dx = s · (a − x̂ · Σ(a · x̂) / n)</c>, and where the mean is subtracted <c>− s · Σa / n</c> as well;
/// <c>dgain = Σ_rows dy · x̂</c>, <c>dbias = Σ_rows dy</c>.
/// </remarks>
/// <param name="parameters">Gain and bias.</param>
/// <param name="rows">The most rows.</param>
/// <param name="context">Threads, memory.</param>
internal sealed class NormLayer(NormParameters parameters, int rows, LayerContext context)
{
    private readonly float[] _means = new float[parameters.Bias is null ? 0 : rows];
    private readonly float[] _factors = new float[rows];

    private int Size => parameters.Gain.Columns;

    /// <summary>Normalizes rows. Shapes [rows, size].</summary>
    public void Forward(ReadOnlyMemory<float> x, int count, Memory<float> y) => context.ForRows(count, (first, taken) =>
    {
        for (int row = first; row < first + taken; row++)
        {
            ReadOnlySpan<float> source = x.Span.Slice(row * Size, Size);
            double mean = _means.Length == 0 ? 0 : RowSum.Of(source) / Size;
            double variance = (RowSum.OfSquares(source) / Size) - (mean * mean);
            _factors[row] = (float)(1 / Math.Sqrt(variance + ModelShape.NormEpsilon));
            if (_means.Length > 0)
            {
                _means[row] = (float)mean;
            }

            Normalize(source, (float)mean, _factors[row], y.Span.Slice(row * Size, Size));
        }
    });

    /// <summary>Computes the derivatives by gain, bias and x.</summary>
    /// <param name="x">What <see cref="Forward"/> read. Shape [rows, size].</param>
    /// <param name="dy">The derivative by its result. Shape [rows, size].</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="dx">Receives the derivative by x; may be dy. Shape [rows, size].</param>
    /// <param name="adds">Whether it is added to what dx holds.</param>
    public void Backward(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int count, Memory<float> dx, bool adds)
    {
        int parts = ColumnSums.Parts(count);
        bool hasBias = parameters.Bias is not null;
        Memory<float> memory = context.Workspace.Take(Use.Parts, 2 * parts * Size);
        Memory<float> gains = memory[..(parts * Size)], biases = memory[(parts * Size)..];
        context.Compute.Team.Run(parts, 1, (first, taken) =>
        {
            for (int part = first; part < first + taken; part++)
            {
                Span<float> gain = gains.Span.Slice(part * Size, Size), bias = hasBias ? biases.Span.Slice(part * Size, Size) : [];
                gain.Clear();
                bias.Clear();
                for (int row = part * ColumnSums.RowsPerPart; row < Math.Min((part + 1) * ColumnSums.RowsPerPart, count); row++)
                {
                    int at = row * Size;
                    BackwardRow(row, x.Span.Slice(at, Size), dy.Span.Slice(at, Size), dx.Span.Slice(at, Size), adds, gain, bias);
                }
            }
        });
        ColumnSums.AddParts(gains.Span, parts, parameters.Gain.Gradient.Span);
        if (hasBias)
        {
            ColumnSums.AddParts(biases.Span, parts, parameters.Bias!.Gradient.Span);
        }
    }

    private void Normalize(ReadOnlySpan<float> x, float mean, float factor, Span<float> y)
    {
        ReadOnlySpan<float> gain = parameters.Gain.Values.Span;
        ReadOnlySpan<float> bias = parameters.Bias is null ? [] : parameters.Bias.Values.Span;
        int i = 0;
        for (; i + Lanes.Count <= x.Length; i += Lanes.Count)
        {
            Vector256<float> normalized = (Lanes.Load(x, i) - Vector256.Create(mean)) * factor * Lanes.Load(gain, i);
            (bias.IsEmpty ? normalized : normalized + Lanes.Load(bias, i)).CopyTo(y[i..]);
        }

        for (; i < x.Length; i++)
        {
            y[i] = ((x[i] - mean) * factor * gain[i]) + (bias.IsEmpty ? 0 : bias[i]);
        }
    }

    private void BackwardRow(int row, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, bool adds, Span<float> dgain, Span<float> dbias)
    {
        ReadOnlySpan<float> gain = parameters.Gain.Values.Span;
        bool hasMean = _means.Length > 0;
        float mean = hasMean ? _means[row] : 0, factor = _factors[row];
        Vector256<float> sums = default, products = default;
        int i = 0;
        for (; i + Lanes.Count <= x.Length; i += Lanes.Count)
        {
            Vector256<float> a = Lanes.Load(gain, i) * Lanes.Load(dy, i);
            sums += a;
            products += a * ((Lanes.Load(x, i) - Vector256.Create(mean)) * factor);
        }

        float sum = FixedOrder.Sum(sums), product = FixedOrder.Sum(products);
        for (int rest = i; rest < x.Length; rest++)
        {
            sum += gain[rest] * dy[rest];
            product += gain[rest] * dy[rest] * ((x[rest] - mean) * factor);
        }

        sum = hasMean ? sum / x.Length : 0;
        product /= x.Length;
        for (i = 0; i + Lanes.Count <= x.Length; i += Lanes.Count)
        {
            Vector256<float> normalized = (Lanes.Load(x, i) - Vector256.Create(mean)) * factor, d = Lanes.Load(dy, i);
            Vector256<float> result = ((Lanes.Load(gain, i) * d) - Vector256.Create(sum) - (normalized * product)) * factor;
            (Lanes.Load(dgain, i) + (d * normalized)).CopyTo(dgain[i..]);
            if (!dbias.IsEmpty)
            {
                (Lanes.Load(dbias, i) + d).CopyTo(dbias[i..]);
            }

            (adds ? Lanes.Load(dx, i) + result : result).CopyTo(dx[i..]);
        }

        for (; i < x.Length; i++)
        {
            float normalized = (x[i] - mean) * factor, d = dy[i];
            float result = ((gain[i] * d) - sum - (normalized * product)) * factor;
            dgain[i] += d * normalized;
            if (!dbias.IsEmpty)
            {
                dbias[i] += d;
            }

            dx[i] = adds ? dx[i] + result : result;
        }
    }
}

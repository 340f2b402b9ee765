using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Activations as int8 codes, one scale a row, as a quantized linear makes them before each product.</summary>
internal sealed class CodedActivations : IDisposable
{
    private const int QMax = 127;

    private readonly int _columns;
    private readonly int _stride;
    private readonly sbyte[] _codes;
    private readonly float[] _scales;
    private float[] _preserved = [];
    private PreparedCodes? _prepared;

    public CodedActivations(int rows, int columns)
    {
        _columns = columns;
        _stride = WeightPacking.PaddedColumns(columns);
        _codes = new sbyte[checked(rows * _stride)];
        _scales = new float[rows];
    }

    /// <summary>Rounds every row, and brings the codes into the form that the kernel multiplies.</summary>
    /// <param name="source">Activations. Shape <c>[rows, columns]</c>.</param>
    /// <param name="preservedChannels">Channels that stay in float. Sorted.</param>
    /// <param name="weights">The matrix that the codes are for.</param>
    /// <param name="suite">Rounds.</param>
    /// <param name="team">Shares the rows.</param>
    public void Quantize(float[] source, int[] preservedChannels, PackedWeights weights, KernelSuite suite, WorkerTeam team)
    {
        int preserved = preservedChannels.Length;
        if (_preserved.Length != _scales.Length * preserved)
        {
            _preserved = new float[_scales.Length * preserved];
        }

        team.Run(_scales.Length, 1, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                ReadOnlySpan<float> values = source.AsSpan(row * _columns, _columns);
                float absMax = suite.RowQuantize.AbsMax(values, preservedChannels);
                _scales[row] = absMax == 0 ? 1 : absMax / QMax;
                suite.RowQuantize.Quantize(values, preservedChannels, _scales[row], QMax, _codes.AsSpan(row * _stride, _stride), _preserved.AsSpan(row * preserved, preserved));
            }
        });
        _prepared?.Dispose();
        _prepared = null;
        if (suite.CodeProduct.ReserveCodes(_scales.Length, weights) is { } prepared)
        {
            team.Run(prepared.Pieces, 1, (first, count) => prepared.Fill(AsCodes(), first, count));
            _prepared = prepared;
        }
    }

    /// <summary>Gives the codes to a kernel.</summary>
    public ActivationCodes AsCodes() => new() { Codes = _codes, Stride = _stride, Scales = _scales, Preserved = _preserved, Prepared = _prepared };

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _prepared?.Dispose();
}

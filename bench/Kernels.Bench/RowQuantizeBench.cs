using BenchmarkDotNet.Attributes;

namespace OutlierQuant.Kernels.Bench;

/// <summary>Rounding one token's activations to codes, one core.</summary>
public class RowQuantizeBench
{
    private static readonly int[] _preservedChannels = [17, 1000, 2049, 4000];

    private readonly float[] _row = RandomRow(11008);
    private readonly sbyte[] _codes = new sbyte[11008];
    private readonly float[] _preserved = new float[4];

    [ParamsSource(nameof(Kernels))]
    public string Kernel { get; set; } = "reference";

    public static IEnumerable<string> Kernels => KernelSuite.All.Where(suite => suite.IsAvailable).Select(suite => suite.Name);

    [Benchmark]
    public void Token4096PerTensorStatic() => KernelSuite.Choose(Kernel).RowQuantize.Quantize(_row.AsSpan(0, 4096), [], 0.005f, 127, _codes.AsSpan(0, 4096), []);

    [Benchmark]
    public void Token4096ScaleAndCodesPreserving4() => QuantizeToken(4096, _preservedChannels, _preserved);

    [Benchmark]
    public void Token11008ScaleAndCodes() => QuantizeToken(11008, [], []);

    internal static float[] RandomRow(int columns)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, columns).Select(_ => random.NextSingle() - 0.5f)];
    }

    private void QuantizeToken(int columns, ReadOnlySpan<int> preservedChannels, Span<float> preserved)
    {
        KernelSuite suite = KernelSuite.Choose(Kernel);
        ReadOnlySpan<float> row = _row.AsSpan(0, columns);
        float scale = suite.RowQuantize.AbsMax(row, preservedChannels) / 127;
        suite.RowQuantize.Quantize(row, preservedChannels, scale, 127, _codes.AsSpan(0, columns), preserved);
    }
}

using BenchmarkDotNet.Attributes;

namespace OutlierQuant.Kernels.Bench;

/// <summary>Rounding one weight row to codes, one core.</summary>
public class GroupQuantizeBench
{
    private readonly float[] _row = RowQuantizeBench.RandomRow(4096);
    private readonly float[] _scales = [.. RowQuantizeBench.RandomRow(128).Select(v => (v + 1) / 10)];
    private readonly sbyte[] _codes = new sbyte[4096];

    [ParamsSource(nameof(Kernels))]
    public string Kernel { get; set; } = "reference";

    public static IEnumerable<string> Kernels => RowQuantizeBench.Kernels;

    [Benchmark]
    public void Row4096Group128() => KernelSuite.Choose(Kernel).GroupQuantize.Quantize(_row, _scales.AsSpan(0, 32), 128, 7, _codes);

    [Benchmark]
    public void Row4096Group32() => KernelSuite.Choose(Kernel).GroupQuantize.Quantize(_row, _scales, 32, 7, _codes);
}

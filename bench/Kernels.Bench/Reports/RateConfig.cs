using BenchmarkDotNet.Configs;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Adds rates to the time of a product.</summary>
public sealed class RateConfig : ManualConfig
{
    public RateConfig()
    {
        AddColumn(new RateColumn("GB/s", "Bytes of weights read per second", product => product.WeightBytes));
        AddColumn(new RateColumn("Gop/s", "Operations per second, two for each multiply-add", product => product.Operations));
    }
}

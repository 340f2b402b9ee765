using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu;
using OutlierQuant.Kernels.Gpu.OpenCL;

namespace OutlierQuant.Kernels.Bench;

/// <summary>int8 × int8 on the first OpenCL device: in tiles, and as the loop that anyone would write first. Tiles must not be slower, on a CPU either.</summary>
public class DeviceProductBench : IDisposable
{
    private const string Naive = """
        kernel __attribute__((reqd_work_group_size(16, 16, 1))) void naive(
            global const char* source, global const float* sourceScales, int stride, global const char* codes, global const float* scales, int rowBytes, int size, global float* destination)
        {
            int row = get_global_id(0);
            int token = get_global_id(1);
            int sum = 0;
            for (int c = 0; c < size; c++)
            {
                sum += (int)source[(size_t)token * stride + c] * (int)codes[(size_t)row * rowBytes + c];
            }

            destination[(size_t)token * size + row] = sourceScales[token] * scales[row] * (float)sum;
        }
        """;

    private readonly List<IDisposable> _owned = [];
    private OpenCLDriver? _driver;
    private GpuDevice? _device;
    private DeviceCodeWeights? _weights;
    private DeviceActivationCodes? _source;
    private DeviceBuffer? _destination;
    private nint _naive;

    /// <summary>Gets or sets the tokens, rows and columns: a multiple of 16.</summary>
    [Params(512, 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Open()
    {
        OpenCLSearch search = new(GpuLibraries.NamesOf(GpuLibraries.OpenCL));
        if (search.Usable.Count == 0)
        {
            throw new InvalidOperationException($"There is no OpenCL device: {string.Join("; ", search.Rejected.Select(rejection => rejection.Reason))}.");
        }

        _driver = new OpenCLDriver(search.Usable[0].Handle, 0);
        _device = Owned(new GpuDevice(_driver));
        _naive = _driver.Kernel(_driver.Build("the naive product", Naive), "naive");

        Random random = new(1);
        byte[] codes = new byte[Size * WeightPacking.BytesPerRow(WeightFormat.Int8, Size)], source = new byte[Size * WeightPacking.PaddedColumns(Size)];
        FillCodes(random, codes);
        FillCodes(random, source);
        float[] scales = [.. Enumerable.Range(0, Size).Select(_ => random.NextSingle())];
        PackedWeights weights = new() { Format = WeightFormat.Int8, Rows = Size, Columns = Size, GroupSize = Size, Codes = codes, Scales = scales };
        _weights = Owned(_device.Products.Upload(weights, "the weights"));
        _source = Owned(_device.Products.ReserveCodes(Size, Size, 0));
        _device.Upload(source, _source.Codes);
        _device.Upload(MemoryMarshal.AsBytes<float>(scales), _source.Scales);
        _destination = Owned(_device.Allocate((long)Size * Size * sizeof(float), "the products"));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _owned.Reverse();
        _owned.ForEach(static owned => owned.Dispose());
        _owned.Clear();
    }

    [Benchmark(Baseline = true)]
    public void NaiveLoop()
    {
        _driver!.Launch(_naive, new LaunchSize(Size / 16, Size / 16, 16, 16), [
            Own(_source!.Codes), Own(_source.Scales), _source.Stride, Own(_weights!.Codes), Own(_weights.Scales), WeightPacking.BytesPerRow(WeightFormat.Int8, Size), Size, Own(_destination!)]);
        _device!.Finish();
    }

    [Benchmark]
    public void Tiles()
    {
        _device!.Products.Multiply(_source!, Size, _weights!, 0, Size, _destination!);
        _device.Finish();
    }

    private static void FillCodes(Random random, Span<byte> codes)
    {
        foreach (ref byte code in codes)
        {
            code = (byte)random.Next(-127, 128);
        }
    }

    private T Owned<T>(T made)
        where T : IDisposable
    {
        _owned.Add(made);
        return made;
    }

    private GpuBuffer Own(DeviceBuffer buffer) => _device!.Own(buffer, nameof(buffer));
}

using System.Runtime.InteropServices;
using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Benchmarks.Devices;

/// <summary>One product on a device, with a number of preserved channels. A run asks for several products before it waits, as a forward pass does.</summary>
internal sealed class DeviceArm : IArm, IDisposable
{
    // Long enough that asking and waiting once do not count for much.
    private const double ShortestRun = 2e-3;
    private const int MostProducts = 200;
    private const int MostCopies = 64;

    private readonly IDevice _device;
    private readonly ProductCase _product;
    private readonly List<IDisposable> _owned = [];
    private readonly DeviceCodeWeights[] _codes = [];
    private readonly DeviceFloatWeights[] _floats = [];
    private readonly DeviceBuffer _source;
    private readonly DeviceBuffer _products;
    private readonly DeviceBuffer _largest;
    private readonly DeviceActivationCodes? _activations;
    private int _turn;

    /// <summary>Uploads the operands.</summary>
    /// <param name="device">The device.</param>
    /// <param name="product">What is computed.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="channels">The preserved channels, sorted.</param>
    /// <param name="rotationBytes">Bytes that the copies of the weights have together at least.</param>
    public DeviceArm(IDevice device, ProductCase product, RotatingWeights weights, int[] channels, long rotationBytes)
    {
        (_device, _product, PreservedCount) = (device, product, channels.Length);
        int copies = (int)Math.Clamp(Math.Ceiling(rotationBytes / product.WeightBytes), 1, MostCopies);
        try
        {
            if (product.Kernel.CodeWeights is null)
            {
                _floats = [.. Enumerable.Range(0, copies).Select(_ => Own(UploadFloats(weights)))];
                Implementation = Behind(device.Products.Describe(product.Kernel.FloatWeights!.Value, product.Rows));
            }
            else
            {
                float[] columns = RandomValues.Floats((long)product.Shape.OutFeatures * channels.Length, 6);
                _codes = [.. Enumerable.Range(0, copies).Select(_ => Own(device.Products.Upload(weights.AsPacked(weights.First, channels, columns), "a benchmark's weights")))];
                Implementation = Behind(device.Products.Describe(weights.AsPacked(weights.First, channels, columns), product.Kernel.HasIntegerActivations, product.Rows));
            }

            float[] source = RandomValues.Floats((long)product.Rows * product.Shape.InFeatures, 2);
            _source = Own(device.Allocate(sizeof(float) * (long)source.Length, "a benchmark's activations"));
            device.Upload(MemoryMarshal.AsBytes(source.AsSpan()), _source);
            _products = Own(device.Allocate(sizeof(float) * (long)product.Rows * product.Shape.OutFeatures, "a benchmark's products"));
            _largest = Own(device.Allocate(sizeof(float) * (long)product.Rows, "a benchmark's scales"));
            _activations = product.Kernel.HasIntegerActivations ? Own(device.Products.ReserveCodes(product.Rows, product.Shape.InFeatures, channels.Length)) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the number of channels that stay in float.</summary>
    public int PreservedCount { get; }

    /// <summary>Gets what runs, without the operands.</summary>
    public string Implementation { get; } = "";

    /// <summary>Gets the number of products that a run asks for.</summary>
    public int Products { get; private set; } = 1;

    /// <inheritdoc/>
    public int Repeats => 1;

    /// <summary>Chooses how many products a run asks for, so that it takes long enough.</summary>
    public void Fit(TimeProvider clock)
    {
        Prepare();
        Run();
        long start = clock.GetTimestamp();
        Run();
        Products = (int)Math.Clamp(Math.Ceiling(ShortestRun / Math.Max(1e-9, clock.GetElapsedTime(start).TotalSeconds)), 1, MostProducts);
    }

    /// <summary>Rounds the activations to codes, as often as a run multiplies them.</summary>
    public void Prepare()
    {
        if (_activations is null)
        {
            return;
        }

        DeviceChannels preserved = _codes[0].PreservedChannels;
        for (int i = 0; i < Products; i++)
        {
            _device.Products.AbsMax(_source, _product.Rows, preserved, _largest);
            _device.Parts.FindScales(DeviceScaleRule.Token, float.NaN, 127, _largest, _largest, _product.Rows, _activations.Scales);
            _device.Products.Quantize(_source, _product.Rows, preserved, 127, _activations);
        }

        _device.Finish();
    }

    /// <inheritdoc/>
    public void Run()
    {
        for (int i = 0; i < Products; i++)
        {
            Multiply();
        }

        _device.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(owned => owned.Dispose());

    private static string Behind(string description) => description[(description.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    private void Multiply()
    {
        int rows = _product.Shape.OutFeatures;
        _turn++;
        if (_floats.Length > 0)
        {
            _device.Products.Multiply(_source, _product.Rows, _floats[_turn % _floats.Length], 0, rows, _products);
        }
        else if (_activations is null)
        {
            _device.Products.Multiply(_source, _product.Rows, _codes[_turn % _codes.Length], 0, rows, _products);
        }
        else
        {
            _device.Products.Multiply(_activations, _product.Rows, _codes[_turn % _codes.Length], 0, rows, _products);
        }
    }

    private DeviceFloatWeights UploadFloats(RotatingWeights weights) => _device.Products.Upload(
        new FloatWeights { Elements = weights.First, Type = weights.Kernel.FloatWeights!.Value, Rows = weights.Shape.OutFeatures, Columns = weights.Shape.InFeatures }, "a benchmark's weights");

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}

using System.Runtime.InteropServices;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Testing.Devices;

/// <summary>The reference kernels over the buffers of a <see cref="HostDevice"/>.</summary>
internal sealed class HostProducts(HostDevice device) : IDeviceProducts
{
    private readonly CodeProductReference _codeProduct = new();
    private readonly FloatMatmulReference _floatMatmul = new();
    private readonly RowQuantizeReference _rowQuantize = new();

    public string Describe(PackedWeights weights, bool integerActivations, int tokens) => CodeProductName.Of(weights.Format, integerActivations, "host");

    public string Describe(FloatType type, int tokens) => FloatMatmulName.Of(type, "host");

    public DeviceCodeWeights Upload(PackedWeights weights, string name) => WeightUpload.Codes(device, weights, name);

    public DeviceFloatWeights Upload(FloatWeights weights, string name) => WeightUpload.Floats(device, weights, name);

    public DeviceChannels UploadChannels(ReadOnlySpan<int> channels, int columns) => WeightUpload.Channels(device, channels, columns);

    public DeviceActivationCodes ReserveCodes(int tokens, int columns, int preservedCount) => new(device, tokens, columns, preservedCount);

    public void AbsMax(DeviceBuffer source, int tokens, DeviceChannels leftOut, DeviceBuffer absMax)
    {
        DeviceProductShape.CheckAbsMax(source, tokens, leftOut, absMax);
        for (int t = 0; t < tokens; t++)
        {
            Floats(absMax)[t] = _rowQuantize.AbsMax(Floats(source).Slice(t * leftOut.Columns, leftOut.Columns), Indices(leftOut));
        }
    }

    public void Quantize(DeviceBuffer source, int tokens, DeviceChannels preserved, int qMax, DeviceActivationCodes destination)
    {
        DeviceProductShape.CheckQuantize(source, tokens, preserved, qMax, destination);
        for (int t = 0; t < tokens; t++)
        {
            _rowQuantize.Quantize(
                Floats(source).Slice(t * destination.Columns, destination.Columns),
                Indices(preserved),
                Floats(destination.Scales)[t],
                qMax,
                Codes(destination).Slice(t * destination.Stride, destination.Stride),
                Floats(destination.Preserved).Slice(t * preserved.Count, preserved.Count));
        }
    }

    public void Multiply(DeviceActivationCodes source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights, firstRow, rowCount, destination);
        ActivationCodes codes = new()
        {
            Codes = Codes(source)[..(tokens * source.Stride)],
            Stride = source.Stride,
            Scales = Floats(source.Scales)[..tokens],
            Preserved = Floats(source.Preserved)[..(tokens * source.PreservedCount)],
        };
        _codeProduct.Multiply(codes, Packed(weights), firstRow, rowCount, Floats(destination)[..(tokens * weights.Rows)]);
    }

    public void Multiply(DeviceBuffer source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights.Columns, weights.Rows, firstRow, rowCount, destination);
        _codeProduct.Multiply(Floats(source)[..(tokens * weights.Columns)], tokens, Packed(weights), firstRow, rowCount, Floats(destination)[..(tokens * weights.Rows)]);
    }

    public void Multiply(DeviceBuffer source, int tokens, DeviceFloatWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights.Columns, weights.Rows, firstRow, rowCount, destination);
        FloatWeights floats = new()
        {
            Elements = ((HostBuffer)weights.Elements).Bytes,
            Type = weights.Type,
            Rows = weights.Rows,
            Columns = weights.Columns,
            IsTransposed = weights.IsTransposed,
        };
        _floatMatmul.Multiply(Floats(source)[..(tokens * weights.Columns)], tokens, floats, firstRow, rowCount, Floats(destination)[..(tokens * weights.Rows)]);
    }

    private static Span<float> Floats(DeviceBuffer buffer) => ((HostBuffer)buffer).Floats;

    private static Span<int> Indices(DeviceChannels channels) => ((HostBuffer)channels.Indices).Integers;

    private static Span<sbyte> Codes(DeviceActivationCodes codes) => MemoryMarshal.Cast<byte, sbyte>(((HostBuffer)codes.Codes).Bytes);

    private static PackedWeights Packed(DeviceCodeWeights weights) => new()
    {
        Format = weights.Format,
        Rows = weights.Rows,
        Columns = weights.Columns,
        GroupSize = weights.GroupSize,
        Codes = ((HostBuffer)weights.Codes).Bytes,
        Scales = Floats(weights.Scales),
        PreservedChannels = Indices(weights.PreservedChannels),
        PreservedColumns = Floats(weights.PreservedColumns),
    };
}

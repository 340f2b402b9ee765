using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Ilgpu.CodeProduct;
using OutlierQuant.Kernels.Ilgpu.FloatProduct;
using OutlierQuant.Kernels.Ilgpu.Instructions;
using OutlierQuant.Kernels.Ilgpu.RowQuantize;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>The products of a device: checks shapes, turns buffers into the operands of kernels, and leaves the choice among them to <see cref="CodeLaunch"/> and <see cref="FloatLaunch"/>.</summary>
internal sealed class IlgpuProducts : IDeviceProducts
{
    private readonly IlgpuDevice _device;
    private readonly LaunchSizes _sizes;
    private readonly CodeLaunch _codes;
    private readonly FloatLaunch _floats;

    private readonly GrowingBuffer _padded;
    private readonly GrowingBuffer _preserved;
    private readonly GrowingBuffer _halfParts;
    private readonly GrowingBuffer _halfScales;

    public IlgpuProducts(IlgpuDevice device, IlgpuRoutes routes)
    {
        _device = device;
        _sizes = new LaunchSizes(device.WarpSize, device.MostThreads);
        _codes = new CodeLaunch(device, _sizes, routes);
        _floats = new FloatLaunch(device, _sizes, routes);
        _padded = new GrowingBuffer(device, "activations without their preserved channels");
        _preserved = new GrowingBuffer(device, "preserved activations");
        _halfParts = new GrowingBuffer(device, "activations in two parts");
        _halfScales = new GrowingBuffer(device, "scales of activations in two parts");
    }

    /// <summary>Returns a buffer as ours.</summary>
    /// <exception cref="ArgumentException">It belongs to another device.</exception>
    public static IlgpuBuffer Own(IlgpuDevice device, DeviceBuffer buffer, string parameter) =>
        buffer is IlgpuBuffer own && ReferenceEquals(own.Device, device)
            ? own
            : throw new ArgumentException($"The buffer for {buffer.Purpose} does not belong to {device.Description.Id}.", parameter);

    /// <inheritdoc/>
    public string Describe(PackedWeights weights, bool integerActivations, int tokens) =>
        CodeProductName.Of(weights.Format, integerActivations, integerActivations ? _codes.Name(CodeProductShape.Groups(weights), weights.GroupSize, tokens) : _floats.NameOverCodes(CodeProductShape.Groups(weights), weights.GroupSize, tokens));

    /// <inheritdoc/>
    public string Describe(FloatType type, int tokens) => FloatMatmulName.Of(type, FloatLaunch.Name);

    /// <inheritdoc/>
    public DeviceCodeWeights Upload(PackedWeights weights, string name) => WeightUpload.Codes(_device, weights, name);

    /// <inheritdoc/>
    public DeviceFloatWeights Upload(FloatWeights weights, string name) => WeightUpload.Floats(_device, weights, name);

    /// <inheritdoc/>
    public DeviceChannels UploadChannels(ReadOnlySpan<int> channels, int columns) => WeightUpload.Channels(_device, channels, columns);

    /// <inheritdoc/>
    public DeviceActivationCodes ReserveCodes(int tokens, int columns, int preservedCount) => new(_device, tokens, columns, preservedCount);

    /// <inheritdoc/>
    public void AbsMax(DeviceBuffer source, int tokens, DeviceChannels leftOut, DeviceBuffer absMax)
    {
        DeviceProductShape.CheckAbsMax(source, tokens, leftOut, absMax);
        TokenOperands operands = new()
        {
            Source = Own(source, nameof(source)).As<float>(),
            Tokens = tokens,
            Columns = leftOut.Columns,
            Channels = Own(leftOut.Indices, nameof(leftOut)).As<int>(),
            Preserved = leftOut.Count,
            Scales = Own(absMax, nameof(absMax)).As<float>(),
        };
        if (tokens > 0)
        {
            _device.Launch(RowQuantizeKernels.AbsMax, _sizes.Rows(tokens, 1), operands);
        }
    }

    /// <inheritdoc/>
    public void Quantize(DeviceBuffer source, int tokens, DeviceChannels preserved, int qMax, DeviceActivationCodes destination)
    {
        DeviceProductShape.CheckQuantize(source, tokens, preserved, qMax, destination);
        TokenOperands operands = new()
        {
            Source = Own(source, nameof(source)).As<float>(),
            Tokens = tokens,
            Columns = destination.Columns,
            Channels = Own(preserved.Indices, nameof(preserved)).As<int>(),
            Preserved = preserved.Count,
            Stride = destination.Stride,
            Codes = Own(destination.Codes, nameof(destination)).As<int>(),
            QMax = qMax,
            Scales = Own(destination.Scales, nameof(destination)).As<float>(),
            PreservedActivations = Own(destination.Preserved, nameof(destination)).As<float>(),
        };
        LaunchForEach(RowQuantizeKernels.Round, tokens * (long)operands.Stride / 4, operands);
        LaunchForEach(RowQuantizeKernels.Preserve, tokens * (long)operands.Preserved, operands);
    }

    /// <inheritdoc/>
    public void Multiply(DeviceActivationCodes source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights, firstRow, rowCount, destination);
        CodeOperands operands = new()
        {
            Weights = Own(weights.Codes, nameof(weights)).Words,
            WeightScales = Own(weights.Scales, nameof(weights)).As<float>(),
            PreservedColumns = Own(weights.PreservedColumns, nameof(weights)).As<float>(),
            Activations = Own(source.Codes, nameof(source)).Words,
            ActivationScales = Own(source.Scales, nameof(source)).As<float>(),
            PreservedActivations = Own(source.Preserved, nameof(source)).As<float>(),
            Tokens = tokens,
            Rows = weights.Rows,
            Columns = weights.Columns,
            GroupSize = Math.Min(weights.GroupSize, Math.Max(1, weights.Columns)),
            Groups = weights.Groups,
            Preserved = source.PreservedCount,
            WordsPerRow = WeightPacking.BytesPerRow(weights.Format, weights.Columns) / Words.Bytes,
            WordsPerToken = source.Stride / Words.Bytes,
            FirstRow = firstRow,
            EndRow = firstRow + rowCount,
            Products = Own(destination, nameof(destination)).As<float>(),
        };
        if (tokens > 0 && rowCount > 0)
        {
            _codes.Multiply(weights.Format, operands);
        }
    }

    /// <inheritdoc/>
    public void Multiply(DeviceBuffer source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights.Columns, weights.Rows, firstRow, rowCount, destination);
        int preserved = weights.PreservedChannels.Count, stride = WeightPacking.PaddedColumns(weights.Columns);
        bool usesTensorCores = _floats.UsesTensorCores(weights.Groups, weights.GroupSize, tokens);
        IlgpuBuffer padded = Taken(_padded, tokens * (long)stride * sizeof(float)), preservedActivations = Taken(_preserved, tokens * (long)preserved * sizeof(float));
        IlgpuBuffer halfParts = Taken(_halfParts, usesTensorCores ? 2 * tokens * (long)stride * sizeof(ushort) : 0), halfScales = Taken(_halfScales, usesTensorCores ? tokens * (long)sizeof(float) : 0);
        TokenOperands parts = new()
        {
            Source = Own(source, nameof(source)).As<float>(),
            Tokens = tokens,
            Columns = weights.Columns,
            Channels = Own(weights.PreservedChannels.Indices, nameof(weights)).As<int>(),
            Preserved = preserved,
            Stride = stride,
            Padded = padded.As<float>(),
            Codes = halfParts.As<int>(),
            Scales = halfScales.As<float>(),
            PreservedActivations = preservedActivations.As<float>(),
        };
        FloatOperands operands = new()
        {
            Weights = Own(weights.Codes, nameof(weights)).Words,
            WordsPerRow = WeightPacking.BytesPerRow(weights.Format, weights.Columns) / Words.Bytes,
            ColumnStride = 1,
            WeightScales = Own(weights.Scales, nameof(weights)).As<float>(),
            GroupSize = Math.Min(weights.GroupSize, Math.Max(1, weights.Columns)),
            Groups = weights.Groups,
            PreservedColumns = Own(weights.PreservedColumns, nameof(weights)).As<float>(),
            PreservedActivations = parts.PreservedActivations,
            Preserved = preserved,
            Activations = parts.Padded,
            ActivationStride = stride,
            HalfParts = halfParts.Words,
            ActivationScales = parts.Scales,
            Tokens = tokens,
            Rows = weights.Rows,
            Columns = weights.Columns,
            FirstRow = firstRow,
            EndRow = firstRow + rowCount,
            Products = Own(destination, nameof(destination)).As<float>(),
        };
        if (tokens > 0 && rowCount > 0)
        {
            LaunchForEach(LeaveOut.Pad, tokens * (long)stride, parts);
            LaunchForEach(LeaveOut.Preserve, tokens * (long)preserved, parts);
            if (usesTensorCores)
            {
                _device.Launch(HalfParts.Split, _sizes.Rows(tokens, 1), parts);
            }

            _floats.MultiplyCodes(weights.Format, operands);
        }
    }

    /// <inheritdoc/>
    public void Multiply(DeviceBuffer source, int tokens, DeviceFloatWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights.Columns, weights.Rows, firstRow, rowCount, destination);
        IlgpuBuffer elements = Own(weights.Elements, nameof(weights));
        FloatOperands operands = new()
        {
            Weights = elements.Words,
            RowStride = weights.IsTransposed ? 1 : weights.Columns,
            ColumnStride = weights.IsTransposed ? weights.Rows : 1,
            WeightScales = elements.As<float>(),
            PreservedColumns = elements.As<float>(),
            PreservedActivations = elements.As<float>(),
            HalfParts = elements.Words,
            ActivationScales = elements.As<float>(),
            Activations = Own(source, nameof(source)).As<float>(),
            ActivationStride = weights.Columns,
            Tokens = tokens,
            Rows = weights.Rows,
            Columns = weights.Columns,
            FirstRow = firstRow,
            EndRow = firstRow + rowCount,
            Products = Own(destination, nameof(destination)).As<float>(),
        };
        if (tokens > 0 && rowCount > 0)
        {
            _floats.Multiply(weights.Type, operands);
        }
    }

    private IlgpuBuffer Own(DeviceBuffer buffer, string parameter) => Own(_device, buffer, parameter);

    private IlgpuBuffer Taken(GrowingBuffer buffer, long byteLength) => Own(buffer.Take(byteLength), nameof(buffer));

    private void LaunchForEach(Action<TokenOperands> kernel, long count, TokenOperands operands)
    {
        if (count > 0)
        {
            _device.Launch(kernel, _sizes.Threads(count), operands);
        }
    }
}

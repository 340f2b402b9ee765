using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Gpu.Cuda;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>The products of a <see cref="GpuDevice"/>: checks shapes, chooses kernels, launches them.</summary>
/// <param name="device">The device.</param>
/// <param name="forms">Chooses between rows and tiles.</param>
internal sealed class GpuProducts(GpuDevice device, ProductForms forms) : IDeviceProducts
{
    // As the sources define them: LANES, ROWS, TOKENS, SLICES, TILE, TILE_ITEMS, ITEMS.
    private const int Lanes = 32, RowsOfGroup = 4, TokensOfGroup = 4, Slices = 8, Tile = 64, TileItems = 16, QuantizeItems = 128;

    private static readonly GpuProgram _rowQuantize = new("row_quantize.cl", "");

    private readonly GrowingBuffer _setApartValues = new(device, "padded activations");
    private readonly GrowingBuffer _setApartPreserved = new(device, "preserved activations");

    /// <summary>Gets every program of the products that is the same on all devices.</summary>
    public static IEnumerable<GpuProgram> Programs => [
        _rowQuantize,
        .. from format in Enum.GetValues<WeightFormat>() select Program("code_product.cl", format),
        .. from format in Enum.GetValues<WeightFormat>() select Program("float_code_product.cl", format),
        .. from type in Enum.GetValues<FloatType>() select Program(type, isTransposed: false),
        .. from type in Enum.GetValues<FloatType>() select Program(type, isTransposed: true)];

    /// <summary>Gets the smallest program, which shows whether a device compiles ours.</summary>
    public static GpuProgram SmallestProgram => _rowQuantize;

    /// <inheritdoc/>
    public string Describe(PackedWeights weights, bool integerActivations, int tokens) =>
        CodeProductName.Of(weights.Format, integerActivations, FormName(integerActivations ? forms.OfCodes(weights.Columns, weights.GroupSize, tokens) : forms.OfFloats(tokens)));

    /// <inheritdoc/>
    public string Describe(FloatType type, int tokens) => FloatMatmulName.Of(type, FormName(forms.OfFloats(tokens)));

    /// <inheritdoc/>
    public DeviceCodeWeights Upload(PackedWeights weights, string name) => WeightUpload.Codes(device, weights, name);

    /// <inheritdoc/>
    public DeviceFloatWeights Upload(FloatWeights weights, string name) => WeightUpload.Floats(device, weights, name);

    /// <inheritdoc/>
    public DeviceChannels UploadChannels(ReadOnlySpan<int> channels, int columns) => WeightUpload.Channels(device, channels, columns);

    /// <inheritdoc/>
    public DeviceActivationCodes ReserveCodes(int tokens, int columns, int preservedCount) => new(device, tokens, columns, preservedCount);

    /// <inheritdoc/>
    public void AbsMax(DeviceBuffer source, int tokens, DeviceChannels leftOut, DeviceBuffer absMax)
    {
        DeviceProductShape.CheckAbsMax(source, tokens, leftOut, absMax);
        device.Launch(_rowQuantize, "abs_max", new LaunchSize(tokens, 1, QuantizeItems, 1), [Own(source), leftOut.Columns, Own(leftOut.Indices), leftOut.Count, Own(absMax)]);
    }

    /// <inheritdoc/>
    public void Quantize(DeviceBuffer source, int tokens, DeviceChannels preserved, int qMax, DeviceActivationCodes destination)
    {
        DeviceProductShape.CheckQuantize(source, tokens, preserved, qMax, destination);
        device.Launch(_rowQuantize, "quantize", new LaunchSize(tokens, 1, QuantizeItems, 1), [
            Own(source), destination.Columns, Own(preserved.Indices), preserved.Count, Own(destination.Scales), qMax, Own(destination.Codes), destination.Stride, Own(destination.Preserved)]);
    }

    /// <inheritdoc/>
    public void Multiply(DeviceActivationCodes source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights, firstRow, rowCount, destination);
        GpuArgument[] arguments = [Own(source.Codes), source.Stride, Own(source.Scales), Own(source.Preserved), tokens, .. Operands(weights, firstRow, rowCount), Own(destination)];
        switch (forms.OfCodes(weights.Columns, weights.GroupSize, tokens))
        {
            case ProductForm.Rows:
                device.Launch(Program("code_product.cl", weights.Format), "code_rows", Rows(tokens, rowCount), arguments);
                break;
            case ProductForm.Tiles:
                device.Launch(Program("code_product.cl", weights.Format), "code_tiles", Tiles(tokens, rowCount), arguments);
                break;
            default:
                bool inGroups = weights.Groups > 1;
                device.Launch(TensorTiles.Program(weights.Format, inGroups), "code_tensor", TensorTiles.Size(weights.Format, inGroups, tokens, rowCount), arguments);
                break;
        }
    }

    /// <inheritdoc/>
    public void Multiply(DeviceBuffer source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights.Columns, weights.Rows, firstRow, rowCount, destination);
        int stride = WeightPacking.PaddedColumns(weights.Columns);
        DeviceChannels channels = weights.PreservedChannels;
        GpuBuffer values = Own(_setApartValues.Take((long)tokens * stride * sizeof(float)));
        GpuBuffer preserved = Own(_setApartPreserved.Take((long)tokens * channels.Count * sizeof(float)));
        device.Launch(_rowQuantize, "set_apart", new LaunchSize(tokens, 1, QuantizeItems, 1), [
            Own(source), weights.Columns, Own(channels.Indices), channels.Count, values, stride, preserved]);
        bool inTiles = forms.OfFloats(tokens) != ProductForm.Rows;
        device.Launch(Program("float_code_product.cl", weights.Format), inTiles ? "float_code_tiles" : "float_code_rows", inTiles ? Tiles(tokens, rowCount) : Rows(tokens, rowCount), [
            values, stride, preserved, tokens, .. Operands(weights, firstRow, rowCount), Own(destination)]);
    }

    /// <inheritdoc/>
    public void Multiply(DeviceBuffer source, int tokens, DeviceFloatWeights weights, int firstRow, int rowCount, DeviceBuffer destination)
    {
        DeviceProductShape.CheckMultiply(source, tokens, weights.Columns, weights.Rows, firstRow, rowCount, destination);
        GpuProgram program = Program(weights.Type, weights.IsTransposed);
        bool inTiles = forms.OfFloats(tokens) != ProductForm.Rows;
        LaunchSize size = inTiles ? Tiles(tokens, rowCount)
            : weights.IsTransposed ? new LaunchSize(Groups(rowCount, Lanes), Groups(tokens, TokensOfGroup), Lanes, Slices)
            : Rows(tokens, rowCount);
        device.Launch(program, inTiles ? "float_tiles" : "float_rows", size, [
            Own(source), tokens, Own(weights.Elements), weights.Columns, weights.Rows, firstRow, firstRow + rowCount, Own(destination)]);
    }

    private static GpuProgram Program(string file, WeightFormat format) => new(file, $"#define FORMAT {8 / WeightPacking.CodesPerByte(format)}\n");

    private static GpuProgram Program(FloatType type, bool isTransposed) =>
        new("float_product.cl", $"{KernelSource.Element(type)}{(isTransposed ? "#define TRANSPOSED\n" : "")}");

    private static LaunchSize Rows(int tokens, int rowCount) => new(Groups(rowCount, RowsOfGroup), Groups(tokens, TokensOfGroup), Lanes, RowsOfGroup);

    private static LaunchSize Tiles(int tokens, int rowCount) => new(Groups(rowCount, Tile), Groups(tokens, Tile), TileItems, TileItems);

    /// <summary>Divides, rounding up.</summary>
    internal static int Groups(int count, int ofGroup) => (int)(((long)count + ofGroup - 1) / ofGroup);

    private GpuArgument[] Operands(DeviceCodeWeights weights, int firstRow, int rowCount) => [
        Own(weights.Codes), Own(weights.Scales), Own(weights.PreservedColumns), weights.PreservedChannels.Count,
        weights.Columns, Math.Min(weights.GroupSize, weights.Columns), weights.Rows, firstRow, firstRow + rowCount];

    private string FormName(ProductForm form) => $"{device.Description.Backend} {form switch { ProductForm.Rows => "rows", ProductForm.Tiles => "tiles", _ => "mma" }}";

    private GpuBuffer Own(DeviceBuffer buffer) => device.Own(buffer, nameof(buffer));
}

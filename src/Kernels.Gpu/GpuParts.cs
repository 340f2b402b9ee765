using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Gpu;

/// <summary>The parts of a forward pass on a <see cref="GpuDevice"/>: checks shapes and launches kernels.</summary>
/// <param name="device">The device.</param>
internal sealed class GpuParts(GpuDevice device) : IDeviceParts
{
    // As the sources define them: ITEMS of parts.cl, row_quantize.cl, look_up.cl and attention.cl (SLICE of parts.cl is that of DeviceSlices); ROWS_OF_QUERIES and the items of a group in attention.cl.
    private const int Items = 128, QueryRows = 16, AttentionItems = 16;

    private static readonly GpuProgram _parts = new("parts.cl", ""), _rowQuantize = new("row_quantize.cl", "");

    private readonly GrowingBuffer _found = new(device, "what is found among logits"), _partials = new(device, "attention's sums of segments");

    /// <summary>Gets every program of the parts, those of attention for heads of up to 128 values and of 256.</summary>
    public static IEnumerable<GpuProgram> Programs => [_parts, .. Enum.GetValues<FloatType>().Select(LookUp), .. Enumerable.Range(1, 8).Append(16).Select(Attention)];

    /// <inheritdoc/>
    public void LookUp(DeviceFloatWeights table, int firstRow, DeviceBuffer rows, int count, bool isAdded, DeviceBuffer destination)
    {
        DevicePartShape.CheckLookUp(table, firstRow, rows, count, destination);
        device.Launch(LookUp(table.Type), "look_up", new LaunchSize(count, 1, Items, 1), [
            Own(table.Elements), firstRow, table.Rows, table.Columns, Own(rows), isAdded ? 1 : 0, Own(destination)]);
    }

    /// <inheritdoc/>
    public void Normalize(DeviceNorm norm, DeviceBuffer source, int rows, DeviceBuffer destination)
    {
        DevicePartShape.CheckNormalize(norm, source, rows, destination);
        device.Launch(_parts, "normalize_rows", new LaunchSize(rows, 1, Items, 1), [
            Own(source), norm.Size, Own(norm.Gain), Own(norm.Bias ?? norm.Gain), norm.Bias is null ? 0 : 1, Bits(norm.Epsilon), Own(destination)]);
    }

    /// <inheritdoc/>
    public void Add(DeviceBuffer addend, int count, DeviceBuffer destination)
    {
        DevicePartShape.Require(addend, count, nameof(addend));
        DevicePartShape.Require(destination, count, nameof(destination));
        device.Launch(_parts, "add", Each(count, 1), [Own(addend), count, Own(destination)]);
    }

    /// <inheritdoc/>
    public void AddVector(DeviceBuffer vector, DeviceBuffer otherVector, int otherRow, int rows, int columns, DeviceBuffer destination)
    {
        DevicePartShape.CheckAddVector(vector, otherVector, otherRow, rows, columns, destination);
        device.Launch(_parts, "add_vector", Each(columns, rows), [Own(vector), Own(otherVector), otherRow, columns, Own(destination)]);
    }

    /// <inheritdoc/>
    public void Activate(DeviceFunction kind, DeviceBuffer? factor, int count, DeviceBuffer values)
    {
        DevicePartShape.CheckActivate(kind, factor, count, values);
        device.Launch(_parts, "activate", Each(count, 1), [(int)kind, Own(factor ?? values), factor is null ? 0 : 1, count, Own(values)]);
    }

    /// <inheritdoc/>
    public void PlaceHeads(DeviceHeads heads, DeviceBuffer source, DeviceNorm? norm, DeviceBuffer? rotations, DeviceBuffer destination)
    {
        DevicePartShape.CheckPlaceHeads(heads, source, norm, rotations, destination);
        device.Launch(_parts, "place_heads", new LaunchSize(heads.Tokens, heads.Heads, Items, 1), [
            Own(source), heads.SourceStride, heads.SourceOffset, heads.HeadSize, heads.Group, heads.OuterStride, heads.FirstRow,
            Own(norm?.Gain ?? source), norm is null ? 0 : 1, Bits(norm?.Epsilon ?? 0), Own(rotations ?? source), rotations is null ? 0 : 1, Own(destination)]);
    }

    /// <inheritdoc/>
    public void Attend(DeviceAttention attention, DeviceBuffer queries, DeviceBuffer keys, DeviceBuffer values, DeviceBuffer attended)
    {
        DevicePartShape.CheckAttend(attention, queries, keys, values, attended);
        int group = attention.Heads / attention.KeyValueHeads, rows = checked(attention.Tokens * group);
        GpuProgram program = Attention(Groups(attention.HeadSize, AttentionItems));
        if (attention.Segments <= 1 || rows is 0 or > QueryRows)
        {
            device.Launch(program, "attend", new LaunchSize(Groups(rows, QueryRows), attention.KeyValueHeads, AttentionItems, AttentionItems), [
                Own(queries), Own(keys), Own(values), attention.HeadSize, group, attention.KeyValueHeads,
                attention.Tokens, attention.FirstPosition, attention.SlidingWindow, attention.Capacity, Own(attended)]);
            return;
        }

        DeviceBuffer partials = _partials.Take(attention.PartialBytes((long)attention.Tokens * attention.Heads));
        device.Launch(program, "attend_segment", new LaunchSize(attention.Segments, attention.KeyValueHeads, AttentionItems, AttentionItems), [
            Own(queries), Own(keys), Own(values), attention.HeadSize, group,
            attention.Tokens, attention.FirstPosition, attention.SlidingWindow, attention.Capacity, attention.Segments, Own(partials)]);
        device.Launch(program, "merge_segments", new LaunchSize(rows, attention.KeyValueHeads, Items, 1), [
            Own(partials), attention.HeadSize, group, attention.KeyValueHeads, attention.Tokens, attention.FirstPosition, attention.SlidingWindow, attention.Segments, Own(attended)]);
    }

    /// <inheritdoc/>
    public void FindScales(DeviceScaleRule rule, float staticScale, int qMax, DeviceBuffer largest, DeviceBuffer counted, int tokens, DeviceBuffer scales)
    {
        DevicePartShape.CheckFindScales(rule, staticScale, qMax, largest, counted, tokens, scales);
        device.Launch(_parts, "find_scales", new LaunchSize(1, 1, Items, 1), [(int)rule, Bits(staticScale), qMax, Own(largest), Own(counted), tokens, Own(scales)]);
    }

    /// <inheritdoc/>
    public void Round(DeviceRounding rounding, int otherRow, int rows, DeviceBuffer values)
    {
        DevicePartShape.CheckRound(rounding, otherRow, rows, values);
        DeviceChannels channels = rounding.Channels;
        device.Launch(_rowQuantize, "round_rows", new LaunchSize(rows, 1, Items, 1), [
            Own(values), channels.Columns, Own(channels.Indices), channels.Count, Bits(rounding.Scale), rounding.QMax,
            Own(rounding.Constants ?? values), Own(rounding.OtherConstants ?? values), rounding.Constants is null ? 0 : 1, otherRow]);
    }

    /// <inheritdoc/>
    public (float Value, int Index) FindLargest(DeviceBuffer values, int count)
    {
        DevicePartShape.CheckFindLargest(values, count);
        DeviceBuffer found = _found.Take(DeviceSlices.Bytes(count));
        device.Launch(_parts, "find_largest", new LaunchSize(DeviceSlices.Count(count), 1, Items, 1), [Own(values), count, Own(found)]);
        return DeviceSlices.ReadLargest(device, count, found);
    }

    /// <inheritdoc/>
    public DeviceCandidates? FindCandidates(DeviceBuffer values, int count, float largest, float temperature, float least)
    {
        DevicePartShape.CheckFindCandidates(values, count, largest, temperature, least);
        DeviceBuffer found = _found.Take(DeviceSlices.Bytes(count));
        LaunchSize size = new(DeviceSlices.Count(count), 1, Items, 1);
        device.Launch(_parts, "sum_exponentials", size, [Own(values), count, Bits(largest), Bits(temperature), Bits(least), Own(found)]);
        device.Launch(_parts, "list_candidates", size, [Own(values), count, Bits(least), DeviceCandidates.Room, Own(found)]);
        return DeviceSlices.ReadCandidates(device, count, found);
    }

    private static GpuProgram LookUp(FloatType type) => new("look_up.cl", KernelSource.Element(type));

    private static GpuProgram Attention(int dimensions) => new("attention.cl", $"#define DIMENSIONS {dimensions}\n");

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    private static LaunchSize Each(int columns, int rows) => new(Groups(columns, Items), rows, Items, 1);

    private static int Groups(int count, int ofGroup) => (int)(((long)count + ofGroup - 1) / ofGroup);

    private GpuBuffer Own(DeviceBuffer buffer) => device.Own(buffer, nameof(buffer));
}

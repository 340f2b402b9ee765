using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Parts;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>The parts of a forward pass beside the products: checks shapes, and starts kernels.</summary>
internal sealed class IlgpuParts(IlgpuDevice device, IlgpuRoutes routes) : IDeviceParts
{
    private readonly LaunchSizes _sizes = new(device.WarpSize, device.MostThreads);

    private readonly GrowingBuffer _found = new(device, "what is found among logits"), _partials = new(device, "attention's sums of segments");

    /// <inheritdoc/>
    public void LookUp(DeviceFloatWeights table, int firstRow, DeviceBuffer rows, int count, bool isAdded, DeviceBuffer destination)
    {
        DevicePartShape.CheckLookUp(table, firstRow, rows, count, destination);
        LookUpOperands operands = new()
        {
            Table = Own(table.Elements, nameof(table)).Words,
            Type = table.Type,
            FirstRow = firstRow,
            EndRow = firstRow + (long)table.Rows,
            Columns = table.Columns,
            Rows = Own(rows, nameof(rows)).As<int>(),
            Count = count * (long)table.Columns,
            IsAdded = isAdded ? 1 : 0,
            Destination = Floats(destination, nameof(destination)),
        };
        if (operands.Count > 0)
        {
            device.Launch(RowLookUp.LookUp, _sizes.Threads(operands.Count), operands);
        }
    }

    /// <inheritdoc/>
    public void Normalize(DeviceNorm norm, DeviceBuffer source, int rows, DeviceBuffer destination)
    {
        DevicePartShape.CheckNormalize(norm, source, rows, destination);
        NormOperands operands = new()
        {
            Source = Floats(source, nameof(source)),
            Size = norm.Size,
            Gain = Floats(norm.Gain, nameof(norm)),
            Bias = Floats(norm.Bias ?? norm.Gain, nameof(norm)),
            HasBias = norm.Bias is null ? 0 : 1,
            Epsilon = norm.Epsilon,
            Destination = Floats(destination, nameof(destination)),
        };
        if (rows > 0)
        {
            device.Launch(Norms.Normalize, _sizes.Groups(rows), operands);
        }
    }

    /// <inheritdoc/>
    public void Add(DeviceBuffer addend, int count, DeviceBuffer destination)
    {
        DevicePartShape.Require(addend, count, nameof(addend));
        DevicePartShape.Require(destination, count, nameof(destination));
        LaunchForEach(Elements.Add, new() { Values = Floats(destination, nameof(destination)), Count = count, Other = Floats(addend, nameof(addend)), OtherVector = Floats(addend, nameof(addend)) });
    }

    /// <inheritdoc/>
    public void AddVector(DeviceBuffer vector, DeviceBuffer otherVector, int otherRow, int rows, int columns, DeviceBuffer destination)
    {
        DevicePartShape.CheckAddVector(vector, otherVector, otherRow, rows, columns, destination);
        LaunchForEach(Elements.AddVector, new()
        {
            Values = Floats(destination, nameof(destination)),
            Count = (long)rows * columns,
            Other = Floats(vector, nameof(vector)),
            OtherVector = Floats(otherVector, nameof(otherVector)),
            OtherRow = otherRow,
            Columns = columns,
        });
    }

    /// <inheritdoc/>
    public void Activate(DeviceFunction kind, DeviceBuffer? factor, int count, DeviceBuffer values)
    {
        DevicePartShape.CheckActivate(kind, factor, count, values);
        LaunchForEach(Elements.Activate, new()
        {
            Values = Floats(values, nameof(values)),
            Count = count,
            Other = Floats(factor ?? values, nameof(factor)),
            OtherVector = Floats(values, nameof(values)),
            Function = kind,
            HasFactor = factor is null ? 0 : 1,
        });
    }

    /// <inheritdoc/>
    public void PlaceHeads(DeviceHeads heads, DeviceBuffer source, DeviceNorm? norm, DeviceBuffer? rotations, DeviceBuffer destination)
    {
        DevicePartShape.CheckPlaceHeads(heads, source, norm, rotations, destination);
        HeadOperands operands = new()
        {
            Source = Floats(source, nameof(source)),
            Tokens = heads.Tokens,
            HeadCount = heads.Heads,
            HeadSize = heads.HeadSize,
            SourceStride = heads.SourceStride,
            SourceOffset = heads.SourceOffset,
            Group = heads.Group,
            OuterStride = heads.OuterStride,
            FirstRow = heads.FirstRow,
            Gain = Floats(norm?.Gain ?? source, nameof(norm)),
            HasNorm = norm is null ? 0 : 1,
            Epsilon = norm?.Epsilon ?? 0,
            Rotations = Floats(rotations ?? source, nameof(rotations)),
            IsRotated = rotations is null ? 0 : 1,
            Destination = Floats(destination, nameof(destination)),
        };
        int rows = checked(heads.Tokens * heads.Heads);
        if (rows > 0)
        {
            device.Launch(Heads.Place, _sizes.Rows(rows, 1), operands);
        }
    }

    /// <inheritdoc/>
    public void Attend(DeviceAttention attention, DeviceBuffer queries, DeviceBuffer keys, DeviceBuffer values, DeviceBuffer attended)
    {
        DevicePartShape.CheckAttend(attention, queries, keys, values, attended);
        int rows = checked(attention.Tokens * attention.Heads);
        if (rows == 0)
        {
            return;
        }

        int together = (int)Math.Clamp(routes.MostPartials / ((long)attention.Segments * (attention.HeadSize + 2)), 1, rows);
        AttentionOperands operands = new()
        {
            Queries = Floats(queries, nameof(queries)),
            Keys = Floats(keys, nameof(keys)),
            Values = Floats(values, nameof(values)),
            KeyValueHeads = attention.KeyValueHeads,
            Group = attention.Heads / attention.KeyValueHeads,
            HeadSize = attention.HeadSize,
            SlidingWindow = attention.SlidingWindow,
            Tokens = attention.Tokens,
            FirstPosition = attention.FirstPosition,
            Capacity = attention.Capacity,
            FirstSegment = attention.FirstSegment,
            Segments = attention.Segments,
            Partials = Own(_partials.Take(attention.PartialBytes(together)), nameof(attended)).As<float>(),
            Attended = Floats(attended, nameof(attended)),
        };
        for (operands.FirstRow = 0; operands.FirstRow < rows; operands.FirstRow = operands.EndRow)
        {
            operands.EndRow = Math.Min(rows, operands.FirstRow + together);
            int count = operands.EndRow - operands.FirstRow;
            device.Launch(Attention.SumSegment, _sizes.Rows(count, attention.Segments), operands);
            device.Launch(Attention.MergeSegments, _sizes.Threads(count * (long)attention.HeadSize), operands);
        }
    }

    /// <inheritdoc/>
    public void FindScales(DeviceScaleRule rule, float staticScale, int qMax, DeviceBuffer largest, DeviceBuffer counted, int tokens, DeviceBuffer scales)
    {
        DevicePartShape.CheckFindScales(rule, staticScale, qMax, largest, counted, tokens, scales);
        ScaleOperands operands = new()
        {
            Rule = rule,
            StaticScale = staticScale,
            QMax = qMax,
            Largest = Floats(largest, nameof(largest)),
            Counted = Floats(counted, nameof(counted)),
            Count = tokens,
            Results = Floats(scales, nameof(scales)),
        };
        device.Launch(Scales.Find, _sizes.OneWarp, operands);
    }

    /// <inheritdoc/>
    public void Round(DeviceRounding rounding, int otherRow, int rows, DeviceBuffer values)
    {
        DevicePartShape.CheckRound(rounding, otherRow, rows, values);
        RoundingOperands operands = new()
        {
            Values = Floats(values, nameof(values)),
            Count = rows * (long)rounding.Channels.Columns,
            Columns = rounding.Channels.Columns,
            Channels = Own(rounding.Channels.Indices, nameof(rounding)).As<int>(),
            ChannelCount = rounding.Channels.Count,
            Scale = rounding.Scale,
            QMax = rounding.QMax,
            Constants = Floats(rounding.Constants ?? values, nameof(rounding)),
            OtherConstants = Floats(rounding.OtherConstants ?? values, nameof(rounding)),
            HasConstants = rounding.Constants is null ? 0 : 1,
            OtherRow = otherRow,
        };
        if (operands.Count > 0)
        {
            device.Launch(RowRounding.Round, _sizes.Threads(operands.Count), operands);
        }
    }

    /// <inheritdoc/>
    public (float Value, int Index) FindLargest(DeviceBuffer values, int count)
    {
        DevicePartShape.CheckFindLargest(values, count);
        DeviceBuffer found = _found.Take(DeviceSlices.Bytes(count));
        LaunchForSlices(Search.FindLargest, Searched(values, count, found));
        return DeviceSlices.ReadLargest(device, count, found);
    }

    /// <inheritdoc/>
    public DeviceCandidates? FindCandidates(DeviceBuffer values, int count, float largest, float temperature, float least)
    {
        DevicePartShape.CheckFindCandidates(values, count, largest, temperature, least);
        DeviceBuffer found = _found.Take(DeviceSlices.Bytes(count));
        SearchOperands operands = Searched(values, count, found) with { Largest = largest, Temperature = temperature, Least = least, Room = DeviceCandidates.Room };
        LaunchForSlices(Search.SumExponentials, operands);
        LaunchForSlices(Search.ListCandidates, operands);
        return DeviceSlices.ReadCandidates(device, count, found);
    }

    private SearchOperands Searched(DeviceBuffer values, int count, DeviceBuffer found) => new()
    {
        Values = Floats(values, nameof(values)),
        Count = count,
        Slices = DeviceSlices.Count(count),
        Found = Own(found, nameof(found)).As<int>(),
    };

    private void LaunchForSlices(Action<SearchOperands> kernel, SearchOperands operands) => device.Launch(kernel, _sizes.Groups(operands.Slices), operands);

    private void LaunchForEach(Action<ElementOperands> kernel, ElementOperands operands)
    {
        if (operands.Count > 0)
        {
            device.Launch(kernel, _sizes.Threads(operands.Count), operands);
        }
    }

    private IlgpuBuffer Own(DeviceBuffer buffer, string parameter) => IlgpuProducts.Own(device, buffer, parameter);

    private ArrayView<float> Floats(DeviceBuffer buffer, string parameter) => Own(buffer, parameter).As<float>();
}

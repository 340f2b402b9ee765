namespace OutlierQuant.Kernels.Devices;

/// <summary>Checks the shapes of <see cref="IDeviceParts"/> once, for every backend.</summary>
internal static class DevicePartShape
{
    /// <summary>Checks <see cref="IDeviceParts.LookUp"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree, or the table is transposed.</exception>
    public static void CheckLookUp(DeviceFloatWeights table, int firstRow, DeviceBuffer rows, int count, DeviceBuffer destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        if (table.IsTransposed)
        {
            throw new ArgumentException("Rows of a transposed matrix do not lie together; they cannot be looked up.", nameof(table));
        }

        Require(rows, count, nameof(rows));
        Require(destination, (long)count * table.Columns, nameof(destination));
    }

    /// <summary>Checks <see cref="IDeviceParts.Normalize"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public static void CheckNormalize(DeviceNorm norm, DeviceBuffer source, int rows, DeviceBuffer destination)
    {
        CheckNorm(norm);
        Require(source, (long)rows * norm.Size, nameof(source));
        Require(destination, (long)rows * norm.Size, nameof(destination));
    }

    /// <summary>Checks <see cref="IDeviceParts.AddVector"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public static void CheckAddVector(DeviceBuffer vector, DeviceBuffer otherVector, int otherRow, int rows, int columns, DeviceBuffer destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(otherRow, -1);
        Require(vector, columns, nameof(vector));
        Require(otherVector, columns, nameof(otherVector));
        Require(destination, (long)rows * columns, nameof(destination));
    }

    /// <summary>Checks <see cref="IDeviceParts.PlaceHeads"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public static void CheckPlaceHeads(DeviceHeads heads, DeviceBuffer source, DeviceNorm? norm, DeviceBuffer? rotations, DeviceBuffer destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads.Group, nameof(heads));
        ArgumentOutOfRangeException.ThrowIfNegative(heads.FirstRow, nameof(heads));
        if (heads.SourceOffset < 0 || heads.SourceOffset + ((long)heads.Heads * heads.HeadSize) > heads.SourceStride)
        {
            throw new ArgumentException($"{heads.Heads} heads of {heads.HeadSize} values from value {heads.SourceOffset} on do not fit a row of {heads.SourceStride}.", nameof(heads));
        }

        if (heads.Heads % heads.Group != 0 || (rotations is not null && heads.HeadSize % 2 != 0))
        {
            throw new ArgumentException($"{heads.Heads} heads in groups of {heads.Group}, {heads.HeadSize} values each: heads come in whole groups, and those that are rotated have an even size.", nameof(heads));
        }

        if (norm is not null)
        {
            CheckNorm(norm);
            if (norm.Size != heads.HeadSize || norm.Bias is not null)
            {
                throw new ArgumentException($"Heads of {heads.HeadSize} values need a norm of as many, without bias.", nameof(norm));
            }
        }

        if (heads.Tokens == 0 || heads.Heads == 0)
        {
            return;
        }

        Require(source, (long)heads.Tokens * heads.SourceStride, nameof(source));
        long lastRow = (((heads.Heads / heads.Group) - 1L) * heads.OuterStride) + heads.FirstRow + ((long)heads.Tokens * heads.Group) - 1;
        Require(destination, (lastRow + 1) * heads.HeadSize, nameof(destination));
        if (rotations is not null)
        {
            Require(rotations, (long)heads.Tokens * heads.HeadSize, nameof(rotations));
        }
    }

    /// <summary>Checks <see cref="IDeviceParts.Attend"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public static void CheckAttend(DeviceAttention attention, DeviceBuffer queries, DeviceBuffer keys, DeviceBuffer values, DeviceBuffer attended)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(attention.SlidingWindow, nameof(attention));
        ArgumentOutOfRangeException.ThrowIfNegative(attention.FirstPosition, nameof(attention));
        if (attention.KeyValueHeads <= 0 || attention.HeadSize <= 0 || attention.Heads <= 0 || attention.Heads % attention.KeyValueHeads != 0)
        {
            throw new ArgumentException($"{attention.Heads} query heads of size {attention.HeadSize} cannot share {attention.KeyValueHeads} key and value heads; a whole number must share each.", nameof(attention));
        }

        if ((long)attention.FirstPosition + attention.Tokens > attention.Capacity)
        {
            throw new ArgumentException($"The last query is at position {(long)attention.FirstPosition + attention.Tokens - 1}, but keys have room for {attention.Capacity}.", nameof(attention));
        }

        long querySize = (long)attention.Tokens * attention.Heads * attention.HeadSize, cacheSize = (long)attention.KeyValueHeads * attention.Capacity * attention.HeadSize;
        Require(queries, querySize, nameof(queries));
        Require(keys, cacheSize, nameof(keys));
        Require(values, cacheSize, nameof(values));
        Require(attended, querySize, nameof(attended));
    }

    /// <summary>Checks <see cref="IDeviceParts.Activate"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree, or there is no such function.</exception>
    public static void CheckActivate(DeviceFunction kind, DeviceBuffer? factor, int count, DeviceBuffer values)
    {
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, $"There is no function {kind}; there are {string.Join(", ", Enum.GetNames<DeviceFunction>())}.");
        }

        Require(values, count, nameof(values));
        if (factor is not null)
        {
            Require(factor, count, nameof(factor));
        }
    }

    /// <summary>Checks <see cref="IDeviceParts.FindLargest"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree, or there is no value.</exception>
    public static void CheckFindLargest(DeviceBuffer values, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Require(values, count, nameof(values));
    }

    /// <summary>Checks <see cref="IDeviceParts.FindCandidates"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree, there is no value, or a number is out of range.</exception>
    public static void CheckFindCandidates(DeviceBuffer values, int count, float largest, float temperature, float least)
    {
        CheckFindLargest(values, count);
        if (!float.IsFinite(largest) || float.IsNaN(least) || !(float.IsNormal(temperature) && temperature > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(temperature), $"The largest value is {largest}, the least {least}, the temperature {temperature}; the first is finite, the second not NaN, the third positive, normal and finite.");
        }
    }

    /// <summary>Checks <see cref="IDeviceParts.FindScales"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree, or the scale or largest code is out of range.</exception>
    public static void CheckFindScales(DeviceScaleRule rule, float staticScale, int qMax, DeviceBuffer largest, DeviceBuffer counted, int tokens, DeviceBuffer scales)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(qMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(qMax, 127);
        if (rule == DeviceScaleRule.Static && !(staticScale > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(staticScale), staticScale, "A static scale is positive.");
        }

        Require(largest, tokens, nameof(largest));
        Require(counted, tokens, nameof(counted));
        Require(scales, tokens, nameof(scales));
    }

    /// <summary>Checks <see cref="IDeviceParts.Round"/>.</summary>
    /// <exception cref="ArgumentException">The shapes disagree, or the scale or largest code is out of range.</exception>
    public static void CheckRound(DeviceRounding rounding, int otherRow, int rows, DeviceBuffer values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(otherRow, -1);
        if (!(float.IsFinite(rounding.Scale) && rounding.Scale > 0) || rounding.QMax is < 1 or > 127)
        {
            throw new ArgumentOutOfRangeException(nameof(rounding), $"The scale is {rounding.Scale} and the largest code {rounding.QMax}; a scale is finite and above 0, a code 1 to 127.");
        }

        if (rounding.Constants is null != rounding.OtherConstants is null)
        {
            throw new ArgumentException("Constants stand in every row or in none; one row alone cannot have them.", nameof(rounding));
        }

        if (rounding.Constants is not null)
        {
            Require(rounding.Constants, rounding.Channels.Count, nameof(rounding));
            Require(rounding.OtherConstants!, rounding.Channels.Count, nameof(rounding));
        }

        Require(values, (long)rows * rounding.Channels.Columns, nameof(values));
    }

    /// <summary>Throws unless a buffer holds as many binary32 values.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="count">How many.</param>
    /// <param name="parameter">Name of the caller's parameter that is the buffer.</param>
    /// <exception cref="ArgumentException">It does not, or the number is negative.</exception>
    public static void Require(DeviceBuffer buffer, long count, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count, parameter);
        buffer.CheckRange(0, count * sizeof(float), parameter);
    }

    private static void CheckNorm(DeviceNorm norm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(norm.Size, nameof(norm));
        Require(norm.Gain, norm.Size, nameof(norm));
        if (norm.Bias is not null)
        {
            Require(norm.Bias, norm.Size, nameof(norm));
        }
    }
}

using System.Runtime.InteropServices;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Testing.Devices;

/// <summary>The parts of a forward pass over the buffers of a <see cref="HostDevice"/>, in plain binary64: what other devices are tested against.</summary>
internal sealed class HostParts : IDeviceParts
{
    public void LookUp(DeviceFloatWeights table, int firstRow, DeviceBuffer rows, int count, bool isAdded, DeviceBuffer destination)
    {
        DevicePartShape.CheckLookUp(table, firstRow, rows, count, destination);
        ReadOnlySpan<byte> elements = ((HostBuffer)table.Elements).Bytes;
        for (int i = 0; i < count * table.Columns; i++)
        {
            long row = (long)((HostBuffer)rows).Integers[i / table.Columns] - firstRow;
            if (row >= 0 && row < table.Rows)
            {
                int index = ((int)row * table.Columns) + (i % table.Columns);
                float value = table.Type switch
                {
                    FloatType.F32 => MemoryMarshal.Cast<byte, float>(elements)[index],
                    FloatType.F16 => (float)MemoryMarshal.Cast<byte, Half>(elements)[index],
                    _ => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Cast<byte, ushort>(elements)[index] << 16),
                };
                Floats(destination)[i] = isAdded ? Floats(destination)[i] + value : value;
            }
        }
    }

    public void Normalize(DeviceNorm norm, DeviceBuffer source, int rows, DeviceBuffer destination)
    {
        DevicePartShape.CheckNormalize(norm, source, rows, destination);
        for (int row = 0; row < rows; row++)
        {
            Normalize(norm, Floats(source).Slice(row * norm.Size, norm.Size), Floats(destination).Slice(row * norm.Size, norm.Size));
        }
    }

    public void Add(DeviceBuffer addend, int count, DeviceBuffer destination)
    {
        DevicePartShape.Require(addend, count, nameof(addend));
        DevicePartShape.Require(destination, count, nameof(destination));
        for (int i = 0; i < count; i++)
        {
            Floats(destination)[i] += Floats(addend)[i];
        }
    }

    public void AddVector(DeviceBuffer vector, DeviceBuffer otherVector, int otherRow, int rows, int columns, DeviceBuffer destination)
    {
        DevicePartShape.CheckAddVector(vector, otherVector, otherRow, rows, columns, destination);
        for (int i = 0; i < rows * columns; i++)
        {
            Floats(destination)[i] += Floats(i / columns == otherRow ? otherVector : vector)[i % columns];
        }
    }

    public void Activate(DeviceFunction kind, DeviceBuffer? factor, int count, DeviceBuffer values)
    {
        DevicePartShape.CheckActivate(kind, factor, count, values);
        for (int i = 0; i < count; i++)
        {
            double x = Floats(values)[i];
            double y = kind switch
            {
                DeviceFunction.Silu => x / (1 + Math.Exp(-x)),
                DeviceFunction.Gelu => x / 2 * (1 + Erf(x / Math.Sqrt(2))),
                DeviceFunction.GeluTanh => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
                DeviceFunction.Relu => Math.Max(x, 0),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such function."),
            };
            Floats(values)[i] = (float)(factor is null ? y : y * Floats(factor)[i]);
        }
    }

    public void PlaceHeads(DeviceHeads heads, DeviceBuffer source, DeviceNorm? norm, DeviceBuffer? rotations, DeviceBuffer destination)
    {
        DevicePartShape.CheckPlaceHeads(heads, source, norm, rotations, destination);
        for (int item = 0; item < heads.Tokens * heads.Heads; item++)
        {
            int token = item / heads.Heads, head = item % heads.Heads;
            int row = (head / heads.Group * heads.OuterStride) + heads.FirstRow + (token * heads.Group) + (head % heads.Group);
            Span<float> placed = Floats(destination).Slice(row * heads.HeadSize, heads.HeadSize);
            Floats(source).Slice((token * heads.SourceStride) + heads.SourceOffset + (head * heads.HeadSize), heads.HeadSize).CopyTo(placed);
            if (norm is not null)
            {
                Normalize(norm, placed, placed);
            }

            if (rotations is not null)
            {
                Rotate(placed, Floats(rotations).Slice(token * heads.HeadSize, heads.HeadSize));
            }
        }
    }

    public void Attend(DeviceAttention attention, DeviceBuffer queries, DeviceBuffer keys, DeviceBuffer values, DeviceBuffer attended)
    {
        DevicePartShape.CheckAttend(attention, queries, keys, values, attended);
        int size = attention.HeadSize, group = attention.Heads / attention.KeyValueHeads;
        for (int item = 0; item < attention.Tokens * attention.Heads; item++)
        {
            int token = item / attention.Heads, head = item % attention.Heads, pair = head / group;
            Span<float> query = Floats(queries).Slice(((((pair * attention.Tokens) + token) * group) + (head % group)) * size, size);
            int last = attention.FirstPosition + token, first = (int)Math.Max(0, last - (long)attention.SlidingWindow + 1);
            double[] scores = new double[last - first + 1];
            for (int key = first; key <= last; key++)
            {
                scores[key - first] = Dot(query, Floats(keys).Slice(((pair * attention.Capacity) + key) * size, size)) / Math.Sqrt(size);
            }

            double largest = scores.Max();
            double[] weights = [.. scores.Select(score => Math.Exp(score - largest))];
            for (int i = 0; i < size; i++)
            {
                double sum = 0;
                for (int key = first; key <= last; key++)
                {
                    sum += weights[key - first] * Floats(values)[(((pair * attention.Capacity) + key) * size) + i];
                }

                Floats(attended)[(((token * attention.Heads) + head) * size) + i] = (float)(sum / weights.Sum());
            }
        }
    }

    public void FindScales(DeviceScaleRule rule, float staticScale, int qMax, DeviceBuffer largest, DeviceBuffer counted, int tokens, DeviceBuffer scales)
    {
        DevicePartShape.CheckFindScales(rule, staticScale, qMax, largest, counted, tokens, scales);
        float[] found = new float[tokens];
        for (int t = 0; t < tokens; t++)
        {
            found[t] = !float.IsFinite(Floats(largest)[t]) ? float.NaN : rule == DeviceScaleRule.Static ? staticScale : Floats(counted)[t] / qMax;
        }

        if (rule == DeviceScaleRule.Tensor && tokens > 0)
        {
            Array.Fill(found, found.Any(float.IsNaN) ? float.NaN : found.Max());
        }

        Array.ConvertAll(found, scale => scale == 0 ? 1 : scale).CopyTo(Floats(scales));
    }

    public void Round(DeviceRounding rounding, int otherRow, int rows, DeviceBuffer values)
    {
        DevicePartShape.CheckRound(rounding, otherRow, rows, values);
        int columns = rounding.Channels.Columns;
        int[] channels = ((HostBuffer)rounding.Channels.Indices).Integers[..rounding.Channels.Count].ToArray();
        for (int i = 0; i < rows * columns; i++)
        {
            int place = Array.IndexOf(channels, i % columns);
            DeviceBuffer? constants = i / columns == otherRow ? rounding.OtherConstants : rounding.Constants;
            if (place < 0)
            {
                Floats(values)[i] = rounding.Scale * Math.Clamp(MathF.Round(Floats(values)[i] / rounding.Scale), -rounding.QMax, rounding.QMax);
            }
            else if (constants is not null)
            {
                Floats(values)[i] = Floats(constants)[place];
            }
        }
    }

    public (float Value, int Index) FindLargest(DeviceBuffer values, int count)
    {
        DevicePartShape.CheckFindLargest(values, count);
        float[] all = Floats(values)[..count].ToArray();
        return all.Any(float.IsNaN) ? (float.NaN, 0) : (all.Max(), Array.IndexOf(all, all.Max()));
    }

    public DeviceCandidates? FindCandidates(DeviceBuffer values, int count, float largest, float temperature, float least)
    {
        DevicePartShape.CheckFindCandidates(values, count, largest, temperature, least);
        float[] all = Floats(values)[..count].ToArray();
        (int Index, float Value)[] listed = [.. all.Index().Where(value => value.Item >= least)];
        return listed.Length > DeviceCandidates.Room ? null : new(all.Sum(value => Math.Exp(((double)value - largest) / temperature)), listed);
    }

    private static Span<float> Floats(DeviceBuffer buffer) => ((HostBuffer)buffer).Floats;

    private static void Normalize(DeviceNorm norm, ReadOnlySpan<float> source, Span<float> destination)
    {
        double[] row = Array.ConvertAll(source.ToArray(), value => (double)value);
        double mean = norm.Bias is null ? 0 : row.Average();
        double divisor = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
        for (int i = 0; i < row.Length; i++)
        {
            destination[i] = (float)(((row[i] - mean) / divisor * Floats(norm.Gain)[i]) + (norm.Bias is null ? 0 : Floats(norm.Bias)[i]));
        }
    }

    private static void Rotate(Span<float> head, ReadOnlySpan<float> rotation)
    {
        int half = head.Length / 2;
        for (int i = 0; i < half; i++)
        {
            double x = head[i], y = head[i + half], cosine = rotation[i], sine = rotation[i + half];
            (head[i], head[i + half]) = ((float)((x * cosine) - (y * sine)), (float)((y * cosine) + (x * sine)));
        }
    }

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += (double)left[i] * right[i];
        }

        return sum;
    }

    /// <summary>By Simpson's rule on the definition, unlike the series of the library.</summary>
    private static double Erf(double z)
    {
        if (!(Math.Abs(z) < 6))
        {
            return double.IsNaN(z) ? z : Math.Sign(z);
        }

        const int Steps = 400;
        double step = z / Steps, sum = 1 + Math.Exp(-z * z);
        for (int i = 1; i < Steps; i++)
        {
            sum += (i % 2 == 1 ? 4 : 2) * Math.Exp(-(i * step) * (i * step));
        }

        return 2 / Math.Sqrt(Math.PI) * sum * step / 3;
    }
}

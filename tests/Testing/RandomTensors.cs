using OutlierQuant.Checkpoints;

namespace OutlierQuant.Testing;

/// <summary>Random tensors of a checkpoint in the making.</summary>
internal sealed class RandomTensors(int seed, TensorType type)
{
    private readonly Random _random = new(seed);
    private readonly List<TensorToWrite> _tensors = [];

    public IReadOnlyList<TensorToWrite> ToWrite => _tensors;

    /// <summary>Adds a weight [rows, columns], and a bias [rows] if asked.</summary>
    public void AddLinear(string name, int rows, int columns, bool hasBias)
    {
        Add($"{name}.weight", [rows, columns], 0, 1 / Math.Sqrt(columns));
        if (hasBias)
        {
            Add($"{name}.bias", [rows], 0, 0.2);
        }
    }

    /// <summary>Adds a transposed weight [columns, rows] and a bias [rows].</summary>
    public void AddConv1D(string name, int rows, int columns)
    {
        Add($"{name}.weight", [columns, rows], 0, 1 / Math.Sqrt(columns));
        Add($"{name}.bias", [rows], 0, 0.2);
    }

    /// <summary>Adds a table [rows, columns] of values near 1 in magnitude.</summary>
    public void AddTable(string name, int rows, int columns) => Add(name, [rows, columns], 0, 1);

    /// <summary>Adds a gain near 1.</summary>
    public void AddGain(string name, int size) => Add(name, [size], 1, 0.2);

    /// <summary>Adds a gain near 1 and a bias near 0.</summary>
    public void AddLayerNorm(string name, int size)
    {
        AddGain($"{name}.weight", size);
        Add($"{name}.bias", [size], 0, 0.2);
    }

    /// <summary>Adds a table [rows, columns]; an outlier other than 0 is put into row 0, channel 3.</summary>
    public void AddEmbedding(string name, int rows, int columns, float outlier)
    {
        float[] values = Normal(rows * columns, 0, 1);
        values[3] = outlier == 0 ? values[3] : outlier;
        Add(name, [rows, columns], values);
    }

    private void Add(string name, long[] shape, double mean, double deviation) =>
        Add(name, shape, Normal((int)shape.Aggregate(1L, (product, size) => product * size), mean, deviation));

    private void Add(string name, long[] shape, float[] values) => _tensors.Add(type switch
    {
        TensorType.F32 => TensorToWrite.From<float>(name, type, shape, values),
        TensorType.F16 => TensorToWrite.From<Half>(name, type, shape, Array.ConvertAll(values, value => (Half)value)),
        TensorType.BF16 => TensorToWrite.From<ushort>(name, type, shape, Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))),
        _ => throw new ArgumentException($"Random checkpoints have F32, F16 or BF16 weights, not {type}."),
    });

    /// <summary>Normally distributed numbers, by Box and Muller.</summary>
    private float[] Normal(int count, double mean, double deviation)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            values[i] = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble())));
        }

        return values;
    }
}

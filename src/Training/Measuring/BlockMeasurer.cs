using System.Numerics.Tensors;
using OutlierQuant.Training.Networks;

namespace OutlierQuant.Training.Measuring;

/// <summary>Finds the largest value of a block's output over windows that are shown to it one by one.</summary>
internal sealed class BlockMeasurer(int block, ModelShape shape)
{
    private readonly float[] _magnitudes = new float[shape.RowsPerWindow * shape.HiddenSize];
    private BlockMeasurement? _largest;
    private float _afterFirst;

    /// <summary>Looks at the output in one window of the last pass.</summary>
    public void Add(Transformer transformer, int window)
    {
        ReadOnlySpan<float> output = transformer.OutputOf(block, window), afterFirst = output[shape.HiddenSize..];
        float value = output[TensorPrimitives.IndexOfMaxMagnitude(output)], other = afterFirst[TensorPrimitives.IndexOfMaxMagnitude(afterFirst)];
        _afterFirst = MathF.Abs(other) > MathF.Abs(_afterFirst) ? other : _afterFirst;
        if (_largest is not null && MathF.Abs(value) <= MathF.Abs(_largest.Value))
        {
            return;
        }

        int index = TensorPrimitives.IndexOfMaxMagnitude(output);
        TensorPrimitives.Abs(output, _magnitudes);
        Array.Sort(_magnitudes);
        float median = _magnitudes[(_magnitudes.Length - 1) / 2];
        _largest = new(
            block, value, (index / shape.HiddenSize) - shape.SinkRows, index % shape.HiddenSize, median, median == 0 ? 0 : Math.Abs((double)value) / median, 0);
    }

    /// <summary>Gives what was found.</summary>
    public BlockMeasurement Result() => _largest! with { ValueAfterFirst = _afterFirst };
}

using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Layers;
using OutlierQuant.Training.Networks;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Saving;

/// <summary>What a learned sink token gives attention. It sees only itself, so its keys and values depend on the weights alone: a checkpoint holds them as constants.</summary>
internal static class SinkConstants
{
    /// <summary>Computes key and value of the token in every block, as F32 tensors of the checkpoint.</summary>
    /// <param name="parameters">The weights as the checkpoint will hold them.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="compute">Kernels and threads.</param>
    public static IEnumerable<TensorToWrite> Of(ModelParameters parameters, ModelShape shape, ComputeContext compute)
    {
        Transformer transformer = new(parameters, shape, 1, compute);
        int[] none = new int[shape.Context];
        Array.Fill(none, Batch.None);
        none[^1] = 0;
        transformer.Evaluate(new Batch(1, new int[shape.Context], none));
        for (int block = 0; block < shape.BlockCount; block++)
        {
            HeadBuffers heads = transformer.AttentionOf(block).Heads;
            (string key, string value) = TensorLayout.ConstantsOf(shape, block);
            yield return Tensor(key, heads.Keys.Span, shape);
            yield return Tensor(value, heads.Values.Span, shape);
        }
    }

    /// <summary>The first entry of every head.</summary>
    private static TensorToWrite Tensor(string name, ReadOnlySpan<float> entries, ModelShape shape)
    {
        float[] constants = new float[shape.KeyValueSize];
        for (int head = 0; head < shape.KeyValueHeadCount; head++)
        {
            entries.Slice(head * shape.RowsPerWindow * shape.HeadSize, shape.HeadSize).CopyTo(constants.AsSpan(head * shape.HeadSize));
        }

        return TensorToWrite.From<float>(name, TensorType.F32, [shape.KeyValueHeadCount, shape.HeadSize], constants);
    }
}

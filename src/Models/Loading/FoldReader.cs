using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Models.Loading;

/// <summary>Reads the constant keys and values of a checkpoint, which are small, into memory.</summary>
internal static class FoldReader
{
    /// <summary>Reads the fold that <c>quantization_config</c> names; null if it names none.</summary>
    /// <exception cref="CheckpointFormatException">A tensor is missing, misshapen, of a wrong type, not finite, or there without a fold.</exception>
    public static Fold? Read(ModelConfig config, UsedTensors tensors)
    {
        if (config.Quantization?.Fold is not FoldBlock block)
        {
            return tensors.Store.TryGet(FoldBlock.KeysName, out Tensor? keys)
                ? throw keys.Wrong("the tensor belongs to a fold, and quantization_config names none; both are required")
                : null;
        }

        long[] shape = [config.BlockCount, config.KeyValueHeadCount, block.Slots, config.HeadSize];
        int size = checked(config.KeyValueHeadCount * block.Slots * config.HeadSize);
        float[] allKeys = ReadAll(tensors, FoldBlock.KeysName, shape), allValues = ReadAll(tensors, FoldBlock.ValuesName, shape);
        FoldedPrefix? prefix = block.BosTokenId is int bos
            ? new FoldedPrefix(block.Prefix, bos, ReadAll(tensors, FoldBlock.FinalHiddenName, config.HiddenSize))
            : null;
        Fold fold = new(prefix, [.. allKeys.Chunk(size).Zip(allValues.Chunk(size), (key, value) => new AttentionConstants(block.Slots, config.HeadSize, key, value))]);
        fold.Validate(config);
        return fold;
    }

    private static float[] ReadAll(UsedTensors tensors, string name, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = tensors.RequireOfType(name, TensorType.F32, shape);
        return UsedTensors.RequireFinite(tensor, tensor.Elements<float>(0, checked((int)tensor.ElementCount)).ToArray());
    }
}

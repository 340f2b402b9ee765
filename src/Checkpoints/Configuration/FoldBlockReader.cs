using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads the <c>fold</c> part of a <c>quantization_config</c>.</summary>
internal static class FoldBlockReader
{
    public static FoldBlock Read(JsonItem item, ModelConfig config)
    {
        item.RefuseKeysExcept("prefix", "bos_token_id", "slots");
        JsonItem prefix = item.Require("prefix");
        int[] ids = [.. prefix.Items.Select(id => id.AsInteger(0, config.VocabularySize - 1))];
        if (ids.Length >= config.MaxPositions)
        {
            throw prefix.Wrong($"{prefix.KeyPath} has {ids.Length} tokens; fewer than the model's {config.MaxPositions} positions are required");
        }

        JsonItem bos = item.RequireKey("bos_token_id");
        if (bos.IsNull != (ids.Length == 0))
        {
            throw bos.Wrong($"{bos.KeyPath} is {bos} with {ids.Length} tokens in the prefix; a prefix requires a token that stands for it, and no prefix requires null");
        }

        return new FoldBlock
        {
            Prefix = ids,
            BosTokenId = bos.IsNull ? null : bos.AsInteger(0, config.VocabularySize - 1),
            Slots = item.Require("slots").AsInteger(1, config.MaxPositions),
        };
    }
}

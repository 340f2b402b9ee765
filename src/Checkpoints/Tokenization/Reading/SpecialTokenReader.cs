using System.Text.Json;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Settles BOS and EOS from <c>tokenizer_config.json</c> and the post-processor.</summary>
internal static class SpecialTokenReader
{
    /// <summary>Reads the tokens around a text.</summary>
    /// <param name="config">Root of <c>tokenizer_config.json</c>, or null where there is none.</param>
    /// <param name="template">The ids that the post-processor puts before and after a text.</param>
    /// <param name="tokens">The added tokens.</param>
    public static SpecialTokens Read(JsonPlace? config, (IReadOnlyList<int> Before, IReadOnlyList<int> After) template, AddedTokens tokens)
    {
        int? bos = IdOf(config, "bos_token", tokens) ?? FirstSpecial(template.Before, tokens);
        int? eos = IdOf(config, "eos_token", tokens) ?? FirstSpecial(template.After.Reverse(), tokens);
        return new SpecialTokens(template.Before, template.After, bos, eos);
    }

    private static int? FirstSpecial(IEnumerable<int> ids, AddedTokens tokens)
    {
        int[] special = [.. ids.Where(tokens.SpecialIds.Contains)];
        return special.Length > 0 ? special[0] : null;
    }

    private static int? IdOf(JsonPlace? config, string name, AddedTokens tokens)
    {
        if (config?.Find(name) is not { } place)
        {
            return null;
        }

        string content = (place.Element.ValueKind == JsonValueKind.Object ? place.Require("content") : place).Text();
        return tokens.TryGetId(content, out int id)
            ? id
            : throw place.Wrong($"is {Quotation.Of(content)}, which tokenizer.json lacks; it must be one of its tokens");
    }
}

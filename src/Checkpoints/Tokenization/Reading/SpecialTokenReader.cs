using System.Text.Json;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Settles BOS and EOS from <c>tokenizer_config.json</c> and the post-processor.</summary>
internal static class SpecialTokenReader
{
    /// <summary>Reads the tokens around a text.</summary>
    /// <remarks>As in the transformers library (version 5), <c>add_bos_token</c> or <c>add_eos_token</c> in the configuration, true
    /// or false, takes the place of the post-processor: one that is absent then counts as false, and one whose token is not
    /// named adds nothing.</remarks>
    /// <param name="config">Root of <c>tokenizer_config.json</c>, or null where there is none.</param>
    /// <param name="template">The ids that the post-processor puts before and after a text.</param>
    /// <param name="tokens">The added tokens.</param>
    public static SpecialTokens Read(JsonPlace? config, (IReadOnlyList<int> Before, IReadOnlyList<int> After) template, AddedTokens tokens)
    {
        int? bos = IdOf(config, "bos_token", tokens);
        int? eos = IdOf(config, "eos_token", tokens);
        JsonPlace? addBos = config?.Find("add_bos_token");
        JsonPlace? addEos = config?.Find("add_eos_token");
        if (addBos is not null || addEos is not null)
        {
            template = (Added(addBos, bos), Added(addEos, eos));
        }

        return new SpecialTokens(
            template.Before, template.After,
            bos ?? FirstSpecial(template.Before, tokens), eos ?? FirstSpecial(template.After.Reverse(), tokens));
    }

    private static int[] Added(JsonPlace? add, int? id) => (add?.Flag() ?? false) && id is { } known ? [known] : [];

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

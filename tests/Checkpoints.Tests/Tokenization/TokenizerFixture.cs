using System.Text.Json.Nodes;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Testing;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

/// <summary>Tokenizers written to a temporary directory and read from it.</summary>
internal static class TokenizerFixture
{
    /// <summary>A tokenizer of <c>Data</c>.</summary>
    public static Tokenizer Load(string name) => Tokenizer.Load(Path.Combine(ReferenceData.Directory, name));

    /// <summary>The json of a tokenizer of three letters, two merges and one added token, which all is valid.</summary>
    public static JsonObject Small() => JsonNode.Parse("""
        {
          "version": "1.0", "truncation": null, "padding": null,
          "added_tokens": [{"id": 5, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
          "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
          "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}},
          "decoder": {"type": "Fuse"},
          "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": false, "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, "merges": ["a b", "ab c"]}
        }
        """)!.AsObject();

    /// <summary>Reads a tokenizer from json, and a configuration where one is given.</summary>
    public static Tokenizer Read(string tokenizer, string? config = null)
    {
        using TemporaryDirectory directory = new();
        directory.Write("tokenizer.json", tokenizer);
        if (config is not null)
        {
            directory.Write("tokenizer_config.json", config);
        }

        return Tokenizer.Load(directory.Path);
    }

    /// <summary>Reads the small tokenizer after a change, and a configuration where one is given.</summary>
    public static Tokenizer Read(Action<JsonObject> change, string? config = null)
    {
        JsonObject json = Small();
        change(json);
        return Read(json.ToJsonString(), config);
    }
}

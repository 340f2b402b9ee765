using System.Text.Json;
using OutlierQuant.Testing;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

/// <summary>The tokenizers of <c>Data</c> and what the tokenizers library makes of texts with them.</summary>
internal static class ReferenceData
{
    /// <summary>Gets the directory of the data.</summary>
    public static string Directory { get; } = Path.Combine(RepositoryRoot.Path, "tests", "Checkpoints.Tests", "Tokenization", "Data");

    /// <summary>The names of the tokenizers.</summary>
    public static IEnumerable<string> Names() =>
        System.IO.Directory.EnumerateDirectories(Directory).Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    /// <summary>The recorded encodings of a tokenizer.</summary>
    public static IEnumerable<Encoding> Encodings(string name)
    {
        using JsonDocument document = Open(Path.Combine(name, "expected.json"));
        return [.. document.RootElement.GetProperty("encodings").EnumerateArray().Select(static item => new Encoding(
            TextOf(item), Integers(item.GetProperty("ids")), Integers(item.GetProperty("framed")),
            item.GetProperty("decoded").GetString()!, item.GetProperty("decodedWhole").GetString()!))];
    }

    /// <summary>The recorded single steps: the json of a normalizer or pre-tokenizer, texts, and what becomes of each.</summary>
    public static IEnumerable<Step> Steps(string kind)
    {
        using JsonDocument document = Open("steps.json");
        return [.. document.RootElement.GetProperty("steps").EnumerateArray().Where(item => item.TryGetProperty(kind, out _)).Select(item => new Step(
            item.GetProperty(kind).GetRawText(), Strings(item.GetProperty("inputs")), [.. item.GetProperty("outputs").EnumerateArray().Select(Strings)]))];
    }

    /// <summary>The recorded hash of a normalization form, and the number of code points behind it.</summary>
    public static (string Sha256, int CodePoints) NormalizationHash(string form)
    {
        using JsonDocument document = Open("steps.json");
        JsonElement hash = document.RootElement.GetProperty("normalizationForms").GetProperty(form);
        return (hash.GetProperty("sha256").GetString()!, hash.GetProperty("codePoints").GetInt32());
    }

    private static JsonDocument Open(string path) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Directory, path)));

    private static string TextOf(JsonElement item) => item.TryGetProperty("text", out JsonElement text)
        ? text.GetString()!
        : string.Concat(Integers(item.GetProperty("codeUnits")).Select(static unit => (char)unit));

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(static item => item.GetInt32())];

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(static item => item.GetString()!)];

    internal sealed record Encoding(string Text, int[] Ids, int[] Framed, string Decoded, string DecodedWhole);

    internal sealed record Step(string Json, string[] Inputs, string[][] Outputs);
}

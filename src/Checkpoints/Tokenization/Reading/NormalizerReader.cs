using OutlierQuant.Checkpoints.Tokenization.Normalization;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>normalizer</c> of <c>tokenizer.json</c>.</summary>
internal static class NormalizerReader
{
    private const string Supported = "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip and StripAccents";

    /// <summary>Reads the normalizers in the order in which they apply.</summary>
    public static IReadOnlyList<INormalizer> Read(JsonPlace? place)
    {
        List<INormalizer> normalizers = [];
        if (place is { } present)
        {
            Append(present, normalizers);
        }

        return normalizers;
    }

    /// <summary>Reads a replacement, which is a normalizer and a decoder.</summary>
    public static INormalizer ReadReplace(JsonPlace place)
    {
        JsonPlace pattern = place.Require("pattern");
        string content = place.Require("content").Text();
        return pattern.Find("String") is { } literal && literal.Text().Length > 0
            ? new LiteralReplaceNormalizer(literal.Text(), content)
            : new ReplaceNormalizer(PatternReader.Read(pattern), content);
    }

    private static void Append(JsonPlace place, List<INormalizer> normalizers)
    {
        string type = place.Require("type").Text();
        if (type == "Sequence")
        {
            foreach (JsonPlace item in place.Require("normalizers").Items())
            {
                Append(item, normalizers);
            }

            return;
        }

        normalizers.Add(type switch
        {
            "NFC" => new UnicodeNormalizer(compose: true, compatible: false),
            "NFD" => new UnicodeNormalizer(compose: false, compatible: false),
            "NFKC" => new UnicodeNormalizer(compose: true, compatible: true),
            "NFKD" => new UnicodeNormalizer(compose: false, compatible: true),
            "Lowercase" => new LowercaseNormalizer(),
            "StripAccents" => new StripAccentsNormalizer(),
            "Strip" => new StripNormalizer(place.Require("strip_left").Flag(), place.Require("strip_right").Flag()),
            "Prepend" => new PrependNormalizer(place.Require("prepend").Text()),
            "Replace" => ReadReplace(place),
            _ => throw place.Wrong($"has the type {Quotation.Of(type)}; supported are {Supported}"),
        });
    }
}

using OutlierQuant.Checkpoints.Tokenization.Normalization;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>normalizer</c> of <c>tokenizer.json</c>.</summary>
internal static class NormalizerReader
{
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

    private static void Append(JsonPlace place, List<INormalizer> normalizers)
    {
        string type = place.Require("type").Text();
        switch (type)
        {
            case "Sequence":
                foreach (JsonPlace item in place.Require("normalizers").Items())
                {
                    Append(item, normalizers);
                }

                break;
            default:
                throw place.Wrong($"has the type {Quotation.Of(type)}; supported are Sequence");
        }
    }
}

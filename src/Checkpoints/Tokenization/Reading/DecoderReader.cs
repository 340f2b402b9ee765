using OutlierQuant.Checkpoints.Tokenization.Decoding;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>decoder</c> of <c>tokenizer.json</c>.</summary>
internal static class DecoderReader
{
    private const string Supported = "Sequence, ByteLevel, ByteFallback, Fuse, Metaspace, Replace and Strip";

    /// <summary>Reads the steps in the order in which they apply.</summary>
    public static DecoderChain Read(JsonPlace? place)
    {
        if (place is not { } present)
        {
            return new DecoderChain(null);
        }

        List<IDecoderStep> steps = [];
        Append(present, steps);
        return new DecoderChain(steps);
    }

    private static void Append(JsonPlace place, List<IDecoderStep> steps)
    {
        string type = place.Require("type").Text();
        if (type == "Sequence")
        {
            foreach (JsonPlace item in place.Require("decoders").Items())
            {
                Append(item, steps);
            }

            return;
        }

        steps.Add(type switch
        {
            "ByteLevel" => new ByteLevelDecoder(),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Metaspace" => new MetaspaceDecoder(MetaspaceReader.Mark(place), MetaspaceReader.Prepend(place) != MetaspacePrepend.Never),
            "Replace" => new ReplaceDecoder(
                NormalizerReader.ReadReplace(place),
                followsFusing: steps.Any(static step => step is FuseDecoder or ByteLevelDecoder)),
            "Strip" => new StripDecoder(
                MetaspaceReader.Character(place.Require("content")),
                place.Require("start").Integer(0, int.MaxValue),
                place.Require("stop").Integer(0, int.MaxValue)),
            _ => throw place.Wrong($"has the type {Quotation.Of(type)}; supported are {Supported}"),
        });
    }
}

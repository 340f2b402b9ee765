using OutlierQuant.Checkpoints.Tokenization.Decoding;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>decoder</c> of <c>tokenizer.json</c>.</summary>
internal static class DecoderReader
{
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
        switch (type)
        {
            case "Sequence":
                foreach (JsonPlace item in place.Require("decoders").Items())
                {
                    Append(item, steps);
                }

                break;
            case "ByteLevel":
                steps.Add(new ByteLevelDecoder());
                break;
            default:
                throw place.Wrong($"has the type {Quotation.Of(type)}; supported are ByteLevel and Sequence");
        }
    }
}

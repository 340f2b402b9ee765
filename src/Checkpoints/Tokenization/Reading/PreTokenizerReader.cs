using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>pre_tokenizer</c> of <c>tokenizer.json</c>.</summary>
internal sealed class PreTokenizerReader
{
    private readonly List<ISplitter> _splitters = [];
    private bool _isByteLevel;

    /// <summary>Reads the steps in the order in which they apply.</summary>
    public static PreTokenizer Read(JsonPlace? place)
    {
        PreTokenizerReader reader = new();
        if (place is { } present)
        {
            reader.Append(present);
        }

        return new PreTokenizer(reader._splitters, reader._isByteLevel);
    }

    private void Append(JsonPlace place)
    {
        string type = place.Require("type").Text();
        if (_isByteLevel)
        {
            throw place.Wrong($"has the type {Quotation.Of(type)} after ByteLevel; ByteLevel must be the last step");
        }

        switch (type)
        {
            case "Sequence":
                foreach (JsonPlace item in place.Require("pretokenizers").Items())
                {
                    Append(item);
                }

                break;
            case "ByteLevel":
                AppendByteLevel(place);
                break;
            default:
                throw place.Wrong($"has the type {Quotation.Of(type)}; supported are ByteLevel and Sequence");
        }
    }

    private void AppendByteLevel(JsonPlace place)
    {
        _isByteLevel = true;
        if (place.FlagOr("add_prefix_space", true))
        {
            _splitters.Add(new PrefixSpaceSplitter());
        }

        if (place.FlagOr("use_regex", true))
        {
            _splitters.Add(new WordSplitter(new Gpt2Pattern()));
        }
    }
}

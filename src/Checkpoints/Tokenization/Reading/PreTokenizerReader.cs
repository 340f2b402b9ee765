using System.Text;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>pre_tokenizer</c> of <c>tokenizer.json</c>.</summary>
internal sealed class PreTokenizerReader
{
    private const string Supported = "Sequence, ByteLevel, Split, Metaspace, Digits, Punctuation, Whitespace and WhitespaceSplit";

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
                _splitters.Add(ReadSplitter(place, type));
                break;
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
            _splitters.Add(new PatternSplitter(new WordMatcher(new Gpt2Pattern()), SplitBehavior.Isolated, invert: false));
        }
    }

    private static ISplitter ReadSplitter(JsonPlace place, string type) => type switch
    {
        "Split" => new PatternSplitter(
            PatternReader.Read(place.Require("pattern")), ReadBehavior(place.Require("behavior")), place.FlagOr("invert", false)),
        "Metaspace" => new MetaspaceSplitter(MetaspaceReader.Mark(place), MetaspaceReader.Prepend(place), place.FlagOr("split", true)),
        "Digits" => new PatternSplitter(
            new RuneMatcher(static rune => Rune.IsNumber(rune)),
            place.FlagOr("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
            invert: false),
        "Punctuation" => new PatternSplitter(
            new RuneMatcher(IsPunctuation), place.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated, invert: false),
        "Whitespace" => new PatternSplitter(new WhitespaceMatcher(), SplitBehavior.Removed, invert: true),
        "WhitespaceSplit" => new PatternSplitter(new RuneMatcher(Rune.IsWhiteSpace), SplitBehavior.Removed, invert: false),
        _ => throw place.Wrong($"has the type {Quotation.Of(type)}; supported are {Supported}"),
    };

    private static SplitBehavior ReadBehavior(JsonPlace place) =>
        Enum.TryParse(place.Text(), out SplitBehavior behavior) && behavior.ToString() == place.Text()
            ? behavior
            : throw place.Wrong($"is {Quotation.Of(place.Text())}; one of {string.Join(", ", Enum.GetNames<SplitBehavior>())} is required");

    private static bool IsPunctuation(Rune rune) =>
        Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));
}

using System.Buffers;
using System.Text;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads what the pre-tokenizer and the decoder <c>Metaspace</c> have in common.</summary>
internal static class MetaspaceReader
{
    /// <summary>Reads the space mark.</summary>
    public static string Mark(JsonPlace place) => Character(place.Require("replacement")).ToString();

    /// <summary>Reads where a mark is put first, from <c>prepend_scheme</c> or the older <c>add_prefix_space</c>.</summary>
    public static MetaspacePrepend Prepend(JsonPlace place)
    {
        MetaspacePrepend prepend = place.Find("prepend_scheme") is { } scheme ? ReadScheme(scheme) : MetaspacePrepend.Always;
        if (place.Find("add_prefix_space") is { } prefix && !prefix.Flag())
        {
            return place.Find("prepend_scheme") is null || prepend == MetaspacePrepend.Never
                ? MetaspacePrepend.Never
                : throw prefix.Wrong("is false, but \"prepend_scheme\" is not \"never\"; both must say the same");
        }

        return prepend;
    }

    /// <summary>Reads a string that is one code point.</summary>
    public static Rune Character(JsonPlace place) =>
        Rune.DecodeFromUtf16(place.Text(), out Rune rune, out int length) == OperationStatus.Done && length == place.Text().Length
            ? rune
            : throw place.Wrong($"is {Quotation.Of(place.Text())}; one character is required");

    private static MetaspacePrepend ReadScheme(JsonPlace place) => place.Text() switch
    {
        "always" => MetaspacePrepend.Always,
        "first" => MetaspacePrepend.First,
        "never" => MetaspacePrepend.Never,
        string other => throw place.Wrong($"is {Quotation.Of(other)}; \"always\", \"first\" or \"never\" is required"),
    };
}

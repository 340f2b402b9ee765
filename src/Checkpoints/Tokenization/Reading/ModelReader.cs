using System.Text.Json;
using OutlierQuant.Checkpoints.Tokenization.Model;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>model</c> of <c>tokenizer.json</c>.</summary>
internal static class ModelReader
{
    /// <summary>Reads the pieces of the model.</summary>
    public static Vocabulary ReadVocabulary(JsonPlace model)
    {
        // Files of the library's first years leave the type out; BPE is then told by its merges.
        if (model.Find("type") is { } type && type.Text() != "BPE")
        {
            throw type.Wrong($"is {Quotation.Of(type.Text())}; only \"BPE\" is supported");
        }

        JsonPlace place = model.Require("vocab");
        Vocabulary vocabulary = new();
        foreach ((string piece, JsonPlace item) in place.Entries("an object from pieces to ids"))
        {
            int id = item.Integer(0, Vocabulary.IdLimit - 1);
            if (vocabulary.Find(id) is { } other)
            {
                throw item.Wrong($"is {id}, the id of {Quotation.Of(other)}; one id has one piece");
            }

            vocabulary.Add(piece, id);
        }

        return vocabulary;
    }

    /// <summary>Reads the model over its vocabulary.</summary>
    /// <param name="path">The file, for messages while encoding.</param>
    /// <param name="model">The place of the model.</param>
    /// <param name="vocabulary">Its pieces.</param>
    /// <param name="isByteLevel">Whether words reach the model as bytes in the byte alphabet.</param>
    public static BytePairModel Read(string path, JsonPlace model, Vocabulary vocabulary, bool isByteLevel)
    {
        Refuse(model, "dropout", "null or 0: dropout makes ids random");
        Refuse(model, "continuing_subword_prefix", "null or empty: marks inside words are not supported");
        Refuse(model, "end_of_word_suffix", "null or empty: marks at the end of words are not supported");
        List<(string Left, string Right)> pairs = ReadPairs(model.Require("merges"), vocabulary, out MergeTable merges);
        bool ignoreMerges = model.FlagOr("ignore_merges", false);
        if (isByteLevel)
        {
            return new BytePairModel(vocabulary, merges, new ByteSymbols(path, vocabulary), wordStarts: null, ignoreMerges);
        }

        CharacterSymbols symbols = new(
            path, vocabulary, model.FlagOr("byte_fallback", false), UnknownId(model, vocabulary), model.FlagOr("fuse_unk", false));
        return new BytePairModel(vocabulary, merges, symbols, ignoreMerges ? null : new WordStarts(vocabulary, pairs), ignoreMerges);
    }

    private static int? UnknownId(JsonPlace model, Vocabulary vocabulary)
    {
        if (model.Find("unk_token") is not { } place)
        {
            return null;
        }

        return vocabulary.TryGetId(place.Text(), out int id)
            ? id
            : throw place.Wrong($"is {Quotation.Of(place.Text())}, which \"model.vocab\" lacks; it must be one of its pieces");
    }

    private static List<(string Left, string Right)> ReadPairs(JsonPlace place, Vocabulary vocabulary, out MergeTable merges)
    {
        List<(string Left, string Right)> pairs = [];
        merges = new MergeTable();
        foreach (JsonPlace item in place.Items())
        {
            (string left, string right) = ReadPair(item);
            merges.Set(
                IdOf(left, item, vocabulary), IdOf(right, item, vocabulary), new Merge(pairs.Count, IdOf(left + right, item, vocabulary)));
            pairs.Add((left, right));
        }

        return pairs;
    }

    private static (string Left, string Right) ReadPair(JsonPlace item)
    {
        string[] pair = item.Element.ValueKind == JsonValueKind.Array
            ? [.. item.Items().Select(static part => part.Text())]
            : item.Text().Split(' ');
        return pair is [{ Length: > 0 } left, { Length: > 0 } right]
            ? (left, right)
            : throw item.Wrong("is not a pair; \"left right\" or [\"left\", \"right\"] is required");
    }

    private static int IdOf(string piece, JsonPlace item, Vocabulary vocabulary) =>
        vocabulary.TryGetId(piece, out int id)
            ? id
            : throw item.Wrong($"needs the piece {Quotation.Of(piece)}, which \"model.vocab\" lacks; both parts of a merge and their union must be pieces");

    private static void Refuse(JsonPlace model, string name, string required)
    {
        if (model.Find(name) is { } value
            && !(value.Element.ValueKind == JsonValueKind.String && value.Element.ValueEquals(""))
            && !(value.Element.ValueKind == JsonValueKind.Number && value.Element.GetDouble() == 0))
        {
            throw value.Wrong($"is set; it must be {required}");
        }
    }
}

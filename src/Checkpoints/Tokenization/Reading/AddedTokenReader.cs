using OutlierQuant.Checkpoints.Tokenization.Model;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>added_tokens</c> of <c>tokenizer.json</c>.</summary>
internal static class AddedTokenReader
{
    /// <summary>Reads the tokens and enters their pieces into the vocabulary.</summary>
    public static AddedTokens Read(JsonPlace? place, Vocabulary vocabulary)
    {
        List<AddedToken> tokens = [];
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        foreach (JsonPlace item in place?.Items() ?? [])
        {
            AddedToken token = ReadToken(item);
            if (token.Content.Length == 0)
            {
                throw item.Wrong("has an empty \"content\"; an added token needs a text");
            }

            if (!seen.TryAdd(token.Content, token.Id))
            {
                throw item.Wrong($"adds {Quotation.Of(token.Content)} a second time; an added token is listed once");
            }

            if (vocabulary.TryGetId(token.Content, out int modelId) && modelId != token.Id)
            {
                throw item.Wrong($"gives {Quotation.Of(token.Content)} the id {token.Id}, but \"model.vocab\" gives it {modelId}; one token has one id");
            }

            if (vocabulary.Find(token.Id) is { } other && other != token.Content)
            {
                throw item.Wrong($"gives {Quotation.Of(token.Content)} the id {token.Id}, which belongs to {Quotation.Of(other)}; one id has one token");
            }

            vocabulary.SetPiece(token.Id, token.Content);
            tokens.Add(token);
        }

        return new AddedTokens(tokens, vocabulary);
    }

    private static AddedToken ReadToken(JsonPlace place) => new(
        place.Require("id").Integer(0, Vocabulary.IdLimit - 1),
        place.Require("content").Text(),
        place.FlagOr("single_word", false),
        place.FlagOr("lstrip", false),
        place.FlagOr("rstrip", false),
        place.FlagOr("normalized", true),
        place.FlagOr("special", false));
}

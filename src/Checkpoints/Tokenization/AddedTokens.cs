using OutlierQuant.Checkpoints.Tokenization.Model;
using OutlierQuant.Checkpoints.Tokenization.Normalization;
using OutlierQuant.Checkpoints.Tokenization.Reading;

namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>The added tokens of a tokenizer.</summary>
internal sealed class AddedTokens
{
    private readonly List<AddedToken> _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly Vocabulary _vocabulary;

    /// <summary>Initializes the set.</summary>
    /// <param name="tokens">The tokens, with distinct contents.</param>
    /// <param name="vocabulary">The model's pieces, which special tokens may also be.</param>
    public AddedTokens(List<AddedToken> tokens, Vocabulary vocabulary)
    {
        _tokens = tokens;
        _ids = tokens.ToDictionary(static token => token.Content, static token => token.Id, StringComparer.Ordinal);
        _vocabulary = vocabulary;
        SpecialIds = tokens.Where(static token => token.Special).Select(static token => token.Id).ToHashSet();
    }

    /// <summary>Gets the ids that decoding leaves out on request.</summary>
    public IReadOnlySet<int> SpecialIds { get; }

    /// <summary>Finds the id of a token by its text, among the added tokens first.</summary>
    public bool TryGetId(string content, out int id) => _ids.TryGetValue(content, out id) || _vocabulary.TryGetId(content, out id);

    /// <summary>The finder of tokens that are looked for in the text as it is, or null where there are none.</summary>
    public AddedTokenFinder? RawFinder() =>
        Finder(_tokens.Where(static token => !token.Normalized).ToDictionary(static token => token.Content, StringComparer.Ordinal));

    /// <summary>The finder of tokens that are looked for in normalized text, by their normalized form.</summary>
    /// <exception cref="CheckpointFormatException">Nothing is left of a token, or two become the same.</exception>
    public AddedTokenFinder? NormalizedFinder(IReadOnlyList<INormalizer> normalizers, JsonPlace file)
    {
        Dictionary<string, AddedToken> byText = new(StringComparer.Ordinal);
        foreach (AddedToken token in _tokens.Where(static token => token.Normalized))
        {
            string text = Normalize(token, normalizers);
            if (text.Length == 0 || !byText.TryAdd(text, token))
            {
                throw file.Require("added_tokens").Wrong($"has the token {Quotation.Of(token.Content)}, which the normalizer makes {Quotation.Of(text)}; what is looked for must be distinct and not empty");
            }
        }

        return Finder(byText);
    }

    /// <summary>The texts of tokens that decoding starts from, where they are not the piece itself: like the library, what the
    /// normalizers made of a token on the way in is what the decoder is to undo.</summary>
    public IReadOnlyDictionary<int, string> DecodedForms(IReadOnlyList<INormalizer> normalizers) => _tokens
        .Where(token => token.Normalized && Normalize(token, normalizers) != token.Content)
        .ToDictionary(static token => token.Id, token => Normalize(token, normalizers));

    private static string Normalize(AddedToken token, IReadOnlyList<INormalizer> normalizers) =>
        normalizers.Aggregate(token.Content, static (text, normalizer) => normalizer.Normalize(text));

    private static AddedTokenFinder? Finder(Dictionary<string, AddedToken> byText) => byText.Count == 0 ? null : new AddedTokenFinder(byText);
}

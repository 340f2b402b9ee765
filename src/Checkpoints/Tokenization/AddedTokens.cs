using OutlierQuant.Checkpoints.Tokenization.Model;
using OutlierQuant.Checkpoints.Tokenization.Normalization;

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
        Finder(_tokens.Where(static token => !token.Normalized).Select(static token => KeyValuePair.Create(token.Content, token)));

    /// <summary>The finder of tokens that are looked for in normalized text, by their normalized form.</summary>
    public AddedTokenFinder? NormalizedFinder(IReadOnlyList<INormalizer> normalizers) =>
        Finder(_tokens.Where(static token => token.Normalized).Select(token => KeyValuePair.Create(Normalize(token, normalizers), token)));

    /// <summary>The texts of tokens that decoding starts from, where they are not the piece itself: like the library, what the
    /// normalizers made of a token on the way in is what the decoder is to undo.</summary>
    public IReadOnlyDictionary<int, string> DecodedForms(IReadOnlyList<INormalizer> normalizers) => _tokens
        .Where(token => token.Normalized && Normalize(token, normalizers) != token.Content)
        .ToDictionary(static token => token.Id, token => Normalize(token, normalizers));

    private static string Normalize(AddedToken token, IReadOnlyList<INormalizer> normalizers) =>
        normalizers.Aggregate(token.Content, static (text, normalizer) => normalizer.Normalize(text));

    private static AddedTokenFinder? Finder(IEnumerable<KeyValuePair<string, AddedToken>> tokens)
    {
        Dictionary<string, AddedToken> byText = new(tokens, StringComparer.Ordinal);
        return byText.Count == 0 ? null : new AddedTokenFinder(byText);
    }
}

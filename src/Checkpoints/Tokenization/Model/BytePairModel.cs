using System.Runtime.InteropServices;

namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>Byte-pair encoding of words.</summary>
internal sealed class BytePairModel
{
    private readonly Vocabulary _words;
    private readonly MergeTable _merges;
    private readonly ISymbolSource _symbols;
    private readonly WordStarts? _wordStarts;
    private readonly bool _ignoreMerges;
    private readonly WordCache _cache = new();

    /// <summary>Initializes the model.</summary>
    /// <param name="words">The model's own pieces, without added tokens.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="symbols">How a word is taken apart first.</param>
    /// <param name="wordStarts">Where long words may be cut; null where every word is looked up whole.</param>
    /// <param name="ignoreMerges">Whether a word that is a piece becomes that piece even where no merges lead to it.</param>
    public BytePairModel(Vocabulary words, MergeTable merges, ISymbolSource symbols, WordStarts? wordStarts, bool ignoreMerges)
    {
        _words = words;
        _merges = merges;
        _symbols = symbols;
        _wordStarts = wordStarts;
        _ignoreMerges = ignoreMerges;
    }

    /// <summary>Appends the ids of a word.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        while (!word.IsEmpty)
        {
            int length = _wordStarts?.EndOfWord(word) ?? word.Length;
            EncodeUncut(word[..length], ids);
            word = word[length..];
        }
    }

    private void EncodeUncut(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }

        List<int> symbols = [];
        if (_ignoreMerges && _words.TryGetId(_symbols.PieceOf(word), out int whole))
        {
            symbols.Add(whole);
        }
        else
        {
            _symbols.AppendSymbols(word, symbols);
            SymbolChain.Join(symbols, _merges);
        }

        _cache.Keep(word, symbols);
        ids.AddRange(CollectionsMarshal.AsSpan(symbols));
    }
}

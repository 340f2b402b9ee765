using OutlierQuant.Checkpoints.Tokenization.Decoding;
using OutlierQuant.Checkpoints.Tokenization.Reading;

namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>Turns text into token ids and back, as the <c>tokenizer.json</c> of a checkpoint describes.</summary>
/// <remarks>
/// <para>Reads byte-pair encodings: byte-level ones (GPT-2, Llama 3, Qwen) and those with a space mark and byte fallback (Llama 2).
/// Ids are those of the Hugging Face <c>tokenizers</c> library. What a file asks for and this class lacks is an error at
/// loading. The file's <c>truncation</c> and <c>padding</c> are not applied: a text is always encoded whole.</para>
/// <para>A lone surrogate in the text counts as U+FFFD. All members may be called from any number of threads at once.</para>
/// </remarks>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;

    internal Tokenizer(TokenizerParts parts) => _parts = parts;

    /// <summary>Gets one more than the highest token id: the rows that an embedding table needs at least.</summary>
    public int VocabularySize => _parts.Vocabulary.Size;

    /// <summary>Gets the id of the token that begins a text, or null where the checkpoint names none.</summary>
    /// <remarks>It is <c>bos_token</c> of <c>tokenizer_config.json</c>; without one, the first special token that the
    /// post-processor's template puts before the text.</remarks>
    public int? BosTokenId => _parts.Special.BosTokenId;

    /// <summary>Gets the id of the token that ends a text, or null where the checkpoint names none.</summary>
    /// <remarks>It is <c>eos_token</c> of <c>tokenizer_config.json</c>; without one, the last special token that the
    /// post-processor's template puts after the text.</remarks>
    public int? EosTokenId => _parts.Special.EosTokenId;

    /// <summary>Lists the ids that stand for text, in rising order: neither special tokens nor ids that belong to no token.</summary>
    public IReadOnlyList<int> TextTokenIds() => [.. Enumerable.Range(0, VocabularySize).Where(id => _parts.Vocabulary.Find(id) is not null && !IsSpecial(id))];

    /// <summary>Reads the tokenizer of a checkpoint.</summary>
    /// <param name="directory">Directory with <c>tokenizer.json</c> and, usually, <c>tokenizer_config.json</c>.</param>
    /// <exception cref="FileNotFoundException">The directory has no <c>tokenizer.json</c>.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged, or asks for something that is not supported.</exception>
    public static Tokenizer Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new Tokenizer(TokenizerReader.Read(directory));
    }

    /// <summary>Encodes a text. Empty text has no tokens of its own.</summary>
    /// <param name="text">The text. Added and special tokens that are spelled out in it become their ids.</param>
    /// <param name="addSpecialTokens">Whether to add what the template puts around a text, usually BOS.</param>
    /// <returns>Token ids. Shape <c>[tokens]</c>.</returns>
    /// <exception cref="CheckpointFormatException">The vocabulary cannot write a character and has no unknown token, or a
    /// pattern of the file takes too long on this text.</exception>
    public int[] Encode(string text, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new((text.Length / 3) + 8);
        if (addSpecialTokens)
        {
            ids.AddRange(_parts.Special.Before);
        }

        _parts.Encoder.Encode(WellFormedText.Of(text), ids);
        if (addSpecialTokens)
        {
            ids.AddRange(_parts.Special.After);
        }

        return [.. ids];
    }

    /// <summary>Decodes ids to text. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Token ids. Shape <c>[tokens]</c>.</param>
    /// <param name="skipSpecialTokens">Whether special tokens such as BOS are left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id belongs to no token.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) =>
        EscapedBytes.ToText(DecodeEscaped(ids, skipSpecialTokens));

    /// <summary>Decodes ids to UTF-8, keeping bytes that are not part of a whole character.</summary>
    /// <param name="ids">Token ids. Shape <c>[tokens]</c>.</param>
    /// <param name="skipSpecialTokens">Whether special tokens such as BOS are left out.</param>
    /// <returns>Bytes of text.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id belongs to no token.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) =>
        EscapedBytes.ToBytes(DecodeEscaped(ids, skipSpecialTokens));

    /// <summary>The piece of a token as the vocabulary writes it, such as <c>Ġthe</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id belongs to no token.</exception>
    public string Piece(int id) => _parts.Vocabulary.Piece(id);

    /// <summary>The text of one token for a table: decoded as inside a text, with control characters and incomplete bytes escaped as in C#
    /// (<c>\n</c>, <c>\u0007</c>, <c>\xE2</c>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id belongs to no token.</exception>
    public string PieceText(int id) => EscapedBytes.ToReadable(_parts.Decoder.DecodeInside(Piece(id)));

    /// <summary>Starts decoding ids that arrive one by one, as generation makes them.</summary>
    public StreamingDecoder StartStream() => new(this, _parts.Decoder.IsIncremental);

    internal bool IsSpecial(int id) => _parts.SpecialIds.Contains(id);

    private string DecodeEscaped(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<string> pieces = new(ids.Length);
        foreach (int id in ids)
        {
            string piece = _parts.Vocabulary.Piece(id);
            if (!skipSpecialTokens || !IsSpecial(id))
            {
                pieces.Add(_parts.DecodedForms.GetValueOrDefault(id, piece));
            }
        }

        return _parts.Decoder.Decode(pieces);
    }
}

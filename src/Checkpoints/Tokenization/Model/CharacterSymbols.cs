using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>Symbols that are code points, with a fallback to bytes or to an unknown token for those without a piece.</summary>
internal sealed class CharacterSymbols : ISymbolSource
{
    private readonly string _path;
    private readonly Dictionary<Rune, int> _ids = [];
    private readonly int?[]? _byteIds;
    private readonly int? _unknownId;
    private readonly bool _fuseUnknown;

    /// <summary>Initializes the symbols.</summary>
    /// <param name="path">File of the vocabulary, for messages.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="byteFallback">Whether a code point without a piece becomes pieces <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</param>
    /// <param name="unknownId">What a code point becomes for which there are no such pieces; null where the file names none.</param>
    /// <param name="fuseUnknown">Whether unknown code points in a row become one token.</param>
    public CharacterSymbols(string path, Vocabulary vocabulary, bool byteFallback, int? unknownId, bool fuseUnknown)
    {
        _path = path;
        _unknownId = unknownId;
        _fuseUnknown = fuseUnknown;
        foreach ((string piece, int id) in vocabulary.ModelPieces)
        {
            if (Rune.DecodeFromUtf16(piece, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && length == piece.Length)
            {
                _ids.Add(rune, id);
            }
        }

        if (byteFallback)
        {
            _byteIds = [.. Enumerable.Range(0, 256).Select(value => vocabulary.TryGetId($"<0x{value:X2}>", out int id) ? id : (int?)null)];
        }
    }

    /// <inheritdoc/>
    public string PieceOf(ReadOnlySpan<char> word) => word.ToString();

    /// <inheritdoc/>
    public void AppendSymbols(ReadOnlySpan<char> word, List<int> symbols)
    {
        // The library holds an unknown token back until a code point with a piece of its own comes, so bytes overtake it.
        bool unknownIsDue = false;
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (_ids.TryGetValue(rune, out int id))
            {
                AppendUnknown(symbols, ref unknownIsDue);
                symbols.Add(id);
            }
            else if (!TryAppendBytes(rune, symbols))
            {
                if (_unknownId is null)
                {
                    throw new CheckpointFormatException(_path, 0, $"\"model.vocab\" has no piece for the character U+{rune.Value:X4} in the text, and \"model.unk_token\" names no piece for the unknown; one of them is required");
                }

                if (!_fuseUnknown)
                {
                    AppendUnknown(symbols, ref unknownIsDue);
                }

                unknownIsDue = true;
            }
        }

        AppendUnknown(symbols, ref unknownIsDue);
    }

    private void AppendUnknown(List<int> symbols, ref bool unknownIsDue)
    {
        if (unknownIsDue)
        {
            symbols.Add(_unknownId!.Value);
            unknownIsDue = false;
        }
    }

    private bool TryAppendBytes(Rune rune, List<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..rune.EncodeToUtf8(bytes)];
        foreach (byte value in bytes)
        {
            if (_byteIds?[value] is null)
            {
                return false;
            }
        }

        foreach (byte value in bytes)
        {
            symbols.Add(_byteIds![value]!.Value);
        }

        return true;
    }
}

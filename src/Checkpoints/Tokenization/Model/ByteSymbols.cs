using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>Byte-level symbols: one per UTF-8 byte, written with <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteSymbols : ISymbolSource
{
    private const int Absent = -1;

    private readonly string _path;
    private readonly int[] _ids = new int[256];

    /// <summary>Initializes the table of byte symbols.</summary>
    /// <param name="path">File of the vocabulary, for messages.</param>
    /// <param name="vocabulary">The vocabulary. Bytes that it lacks are reported when a text needs them.</param>
    public ByteSymbols(string path, Vocabulary vocabulary)
    {
        _path = path;
        for (int value = 0; value < 256; value++)
        {
            _ids[value] = vocabulary.TryGetId(ByteAlphabet.CharacterOf((byte)value).ToString(), out int id) ? id : Absent;
        }
    }

    /// <inheritdoc/>
    public string PieceOf(ReadOnlySpan<char> word)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        return string.Create(bytes.Length, bytes, static (piece, bytes) =>
        {
            for (int index = 0; index < piece.Length; index++)
            {
                piece[index] = ByteAlphabet.CharacterOf(bytes[index]);
            }
        });
    }

    /// <inheritdoc/>
    public void AppendSymbols(ReadOnlySpan<char> word, List<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in word.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(bytes);
            foreach (byte value in bytes[..length])
            {
                int id = _ids[value];
                if (id == Absent)
                {
                    throw new CheckpointFormatException(_path, 0, $"\"model.vocab\" has no piece for the byte 0x{value:X2} of the character U+{rune.Value:X4} in the text; a byte-level vocabulary needs one for every byte that it meets");
                }

                symbols.Add(id);
            }
        }
    }
}

using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>Decodes ids that arrive one by one, and gives text as soon as its characters are complete.</summary>
/// <remarks>Special tokens are left out. All that is returned, joined, is the text of all ids; only where bytes are not UTF-8
/// may the number of U+FFFD differ from <see cref="Tokenizer.Decode"/>: here a maximal invalid part is always one.
/// Use from one thread.</remarks>
public sealed class StreamingDecoder
{
    /// <summary>How many tokens are decoded again to know what a new one adds. The first token of a text may lose its space,
    /// so a token is never decoded alone; there are several because that token may be nothing but spaces.</summary>
    internal const int ContextLength = 8;

    private readonly Tokenizer _tokenizer;
    private readonly bool _isIncremental;
    private readonly List<int> _context = [];
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();

    internal StreamingDecoder(Tokenizer tokenizer, bool isIncremental)
    {
        _tokenizer = tokenizer;
        _isIncremental = isIncremental;
    }

    /// <summary>Adds a token.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The text that it completes; empty where it ends inside a character.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id belongs to no token.</exception>
    public string Append(int id)
    {
        _ = _tokenizer.Piece(id);
        if (_tokenizer.IsSpecial(id))
        {
            return "";
        }

        if (!_isIncremental)
        {
            // The decoder of this file may yet change text that it has given, so all of it waits for the end.
            _context.Add(id);
            return "";
        }

        int before = _tokenizer.DecodeBytes(ContextSpan).Length;
        _context.Add(id);
        byte[] bytes = _tokenizer.DecodeBytes(ContextSpan);
        if (_context.Count > ContextLength)
        {
            _context.RemoveAt(0);
        }

        return Complete(bytes.AsSpan(before), flush: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What is left: U+FFFD for bytes of a character that never became complete, or nothing.</returns>
    public string Finish()
    {
        byte[] rest = _isIncremental ? [] : _tokenizer.DecodeBytes(ContextSpan);
        _context.Clear();
        return Complete(rest, flush: true);
    }

    private ReadOnlySpan<int> ContextSpan => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_context);

    private string Complete(ReadOnlySpan<byte> bytes, bool flush)
    {
        char[] characters = new char[_utf8.GetCharCount(bytes, flush)];
        int count = _utf8.GetChars(bytes, characters, flush);
        return new string(characters, 0, count);
    }
}

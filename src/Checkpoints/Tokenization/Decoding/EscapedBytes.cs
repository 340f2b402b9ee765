using System.Buffers;
using System.Globalization;
using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Text that also holds bytes which are not UTF-8, each written as one lone surrogate.</summary>
/// <remarks>Tokens may end in the middle of a character. Decoding keeps such bytes through all its steps and settles at the
/// end whether to give them back as bytes or to show U+FFFD. U+DC00 + b is a byte that shows as U+FFFD by itself; U+DD00 + b
/// belongs to the U+FFFD before it. Text proper never holds lone surrogates.</remarks>
internal static class EscapedBytes
{
    private const char Shown = '\uDC00';
    private const char Hidden = '\uDD00';
    private const char End = '\uDE00';

    /// <summary>Decodes UTF-8. A maximal invalid part shows as one U+FFFD, as Unicode (section 3.9) advises.</summary>
    public static string FromUtf8(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        Span<char> characters = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length);
            if (status == OperationStatus.Done)
            {
                text.Append(characters[..rune.EncodeToUtf16(characters)]);
            }
            else
            {
                for (int index = 0; index < length; index++)
                {
                    text.Append((char)((index == 0 ? Shown : Hidden) + bytes[index]));
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>Writes a byte so that it shows as U+FFFD by itself.</summary>
    public static string Of(byte value) => ((char)(Shown + value)).ToString();

    /// <summary>The text with U+FFFD for the bytes.</summary>
    public static string ToText(string escaped)
    {
        StringBuilder text = new(escaped.Length);
        for (int position = 0; position < escaped.Length;)
        {
            int plain = PlainLength(escaped.AsSpan(position));
            text.Append(escaped, position, plain);
            position += plain;
            if (position < escaped.Length)
            {
                text.Append(escaped[position] < Hidden ? "\uFFFD" : "");
                position++;
            }
        }

        return text.ToString();
    }

    /// <summary>The text as UTF-8, with the bytes as they are.</summary>
    public static byte[] ToBytes(string escaped)
    {
        ArrayBufferWriter<byte> bytes = new(Math.Max(escaped.Length, 1));
        for (int position = 0; position < escaped.Length;)
        {
            int plain = PlainLength(escaped.AsSpan(position));
            Encoding.UTF8.GetBytes(escaped.AsSpan(position, plain), bytes);
            position += plain;
            if (position < escaped.Length)
            {
                bytes.Write([(byte)escaped[position]]); // the byte is the low half of either escape
                position++;
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The text on one line: control characters, line separators and bytes are escaped.</summary>
    public static string ToReadable(string escaped)
    {
        StringBuilder text = new(escaped.Length);
        for (int position = 0; position < escaped.Length;)
        {
            char character = escaped[position];
            int length = char.IsHighSurrogate(character) ? 2 : 1;
            _ = character switch
            {
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                >= Shown and < End => text.Append(CultureInfo.InvariantCulture, $"\\x{(byte)character:X2}"),
                '\u2028' or '\u2029' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                _ when char.IsControl(character) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                _ => text.Append(escaped, position, length),
            };
            position += length;
        }

        return text.ToString();
    }

    private static int PlainLength(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && text[length] is not (>= Shown and < End))
        {
            // The second half of a pair may lie in the range of the escapes, so a pair is passed as one.
            length += char.IsHighSurrogate(text[length]) ? 2 : 1;
        }

        return length;
    }
}

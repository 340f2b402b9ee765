using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>A json file held in memory, so that every complaint about a value can give its byte offset.</summary>
internal sealed class JsonFile
{
    private readonly byte[] _bytes;

    private JsonFile(string path, byte[] bytes)
    {
        Path = path;
        _bytes = bytes;
    }

    /// <summary>Gets the path that was read.</summary>
    public string Path { get; }

    /// <summary>Parses a file whose root is an object.</summary>
    /// <exception cref="CheckpointFormatException">The file is too long, is not json, or repeats a key.</exception>
    public static JsonPlace Open(string path, long longestFile)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length > longestFile)
        {
            throw new CheckpointFormatException(path, 0, $"the file has {stream.Length} bytes; at most {longestFile} are read");
        }

        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        JsonFile file = new(path, bytes);
        if (!Utf8.IsValid(bytes))
        {
            throw new CheckpointFormatException(path, OffsetOfInvalid(bytes), "the bytes are not UTF-8; json is written in UTF-8");
        }

        try
        {
            JsonElement root = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement;
            JsonPlace place = JsonPlace.Root(file, root);
            place.RequireKind(JsonValueKind.Object, "an object");
            return place;
        }
        catch (InvalidOperationException exception)
        {
            // Keys are compared as text, and a key that is no text stops the parser in this way.
            throw new CheckpointFormatException(path, 0, "a key holds a lone surrogate; text is required", null, exception);
        }
        catch (JsonException exception)
        {
            string reason = exception.Message.Split(". ", 2)[0].TrimEnd('.');
            throw new CheckpointFormatException(path, file.OffsetOf(exception), $"{reason}; valid json without repeated keys is required", null, exception);
        }
    }

    /// <summary>The offset of an element's first byte.</summary>
    public long OffsetOf(JsonElement element)
    {
        // The document refers to our bytes without a copy, so the value's bytes lie inside them.
        ReadOnlySpan<byte> value = JsonMarshal.GetRawUtf8Value(element);
        return _bytes.AsSpan().Overlaps(value, out int offset) ? offset : 0;
    }

    private static int OffsetOfInvalid(ReadOnlySpan<byte> bytes)
    {
        int offset = 0;
        while (Rune.DecodeFromUtf8(bytes[offset..], out _, out int length) == OperationStatus.Done)
        {
            offset += length;
        }

        return offset;
    }

    private long OffsetOf(JsonException exception)
    {
        int lineStart = 0;
        for (long line = 0; line < (exception.LineNumber ?? 0); line++)
        {
            int newline = _bytes.AsSpan(lineStart).IndexOf((byte)'\n');
            if (newline < 0)
            {
                break;
            }

            lineStart += newline + 1;
        }

        return lineStart + (exception.BytePositionInLine ?? 0);
    }
}

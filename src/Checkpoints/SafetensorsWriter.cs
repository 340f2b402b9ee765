using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using OutlierQuant.Checkpoints.Safetensors;

namespace OutlierQuant.Checkpoints;

/// <summary>Writes safetensors files: atomically, and the same bytes for the same content.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>Writes a file.</summary>
    /// <remarks>Tensors are written by falling size of their type, then by name (ordinal), whatever the order given; metadata
    /// keys are sorted; the header is padded with spaces to a multiple of 8 bytes. So every tensor is aligned to its type, and
    /// the same tensors and metadata give the same file. The file is written beside its place and renamed (<see cref="AtomicFile"/>).</remarks>
    /// <param name="path">Place of the file. Its directory must exist.</param>
    /// <param name="tensors">Tensors with distinct names.</param>
    /// <param name="metadata">Free-form strings, or null for none.</param>
    /// <param name="progress">Called with the bytes written so far and the bytes of the whole file.</param>
    /// <param name="cancellation">Stops the writing and leaves nothing behind.</param>
    /// <exception cref="ArgumentException">A name is repeated or reserved, a dimension is negative, a shape is too large, or the header is above 100,000,000 bytes.</exception>
    /// <exception cref="InvalidOperationException">A tensor wrote more or fewer bytes than its shape needs.</exception>
    /// <exception cref="IOException">The disk is full, or the directory does not exist.</exception>
    public static void Write(
        string path,
        IReadOnlyList<TensorToWrite> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        Action<long, long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        List<TensorToWrite> ordered = [.. tensors.OrderByDescending(static tensor => tensor.Type.ByteSize()).ThenBy(static tensor => tensor.Name, StringComparer.Ordinal)];
        Validate(ordered);
        ReadOnlyMemory<byte> header = Header(ordered, metadata, out long bufferLength);
        long total = header.Length + bufferLength;
        AtomicFile.Write(path, stream => WriteAll((CountingStream)stream, header, ordered, progress is null ? null : written => progress(written, total)), cancellation);
    }

    private static void Validate(List<TensorToWrite> tensors)
    {
        HashSet<string> names = [];
        foreach (TensorToWrite tensor in tensors)
        {
            if (tensor.Name == SafetensorsHeader.MetadataKey || !names.Add(tensor.Name))
            {
                throw new ArgumentException($"The tensor name {Quotation.Of(tensor.Name)} is repeated or reserved; names must be distinct.", nameof(tensors));
            }

            RequireText(tensor.Name);
            if (tensor.Shape.Count > SafetensorsHeaderParser.MaximumRank || tensor.Shape.Any(static dimension => dimension < 0))
            {
                throw new ArgumentException($"The shape of {Quotation.Of(tensor.Name)} is [{string.Join(", ", tensor.Shape)}]; at most {SafetensorsHeaderParser.MaximumRank} dimensions from 0 are allowed.", nameof(tensors));
            }
        }
    }

    // A lone surrogate has no UTF-8 form, and the json writer would put another character in its place.
    private static void RequireText(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                throw new ArgumentException($"{Quotation.Of(text)} has half of a surrogate pair at index {i}; names and metadata must be Unicode text.", nameof(text));
            }
        }
    }

    private static ReadOnlyMemory<byte> Header(List<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata, out long bufferLength)
    {
        ArrayBufferWriter<byte> buffer = new();
        buffer.Write(stackalloc byte[SafetensorsHeader.LengthBytes]);
        long position = 0;
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            foreach (TensorToWrite tensor in tensors)
            {
                position = WriteEntry(json, tensor, position);
            }

            json.WriteEndObject();
        }

        while (buffer.WrittenCount % Alignment != 0)
        {
            buffer.Write(" "u8);
        }

        int length = buffer.WrittenCount - SafetensorsHeader.LengthBytes;
        if (length > SafetensorsHeader.MaximumBytes)
        {
            throw new ArgumentException($"The header needs {length} bytes; at most {SafetensorsHeader.MaximumBytes} are allowed.", nameof(tensors));
        }

        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        bufferLength = position;
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject(SafetensorsHeader.MetadataKey);
            foreach ((string key, string value) in metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
            {
                RequireText(key);
                RequireText(value);
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }
    }

    private static long WriteEntry(Utf8JsonWriter json, TensorToWrite tensor, long begin)
    {
        long end;
        try
        {
            end = checked(begin + tensor.GetByteLength());
        }
        catch (OverflowException overflow)
        {
            throw new ArgumentException($"The shape of {Quotation.Of(tensor.Name)}, [{string.Join(", ", tensor.Shape)}], ends after byte {long.MaxValue}; a file is smaller.", nameof(tensor), overflow);
        }

        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.StoredName());
        WriteIntegers(json, "shape", tensor.Shape);
        WriteIntegers(json, "data_offsets", [begin, end]);
        json.WriteEndObject();
        return end;
    }

    private static void WriteIntegers(Utf8JsonWriter json, string key, IReadOnlyList<long> values)
    {
        json.WriteStartArray(key);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteAll(CountingStream stream, ReadOnlyMemory<byte> header, List<TensorToWrite> tensors, Action<long>? progress)
    {
        stream.Written = progress;
        stream.Write(header.Span);
        foreach (TensorToWrite tensor in tensors)
        {
            long start = stream.Position;
            tensor.Write(stream);
            if (stream.Position - start != tensor.GetByteLength())
            {
                throw new InvalidOperationException($"The tensor {Quotation.Of(tensor.Name)} wrote {stream.Position - start} bytes, but its shape [{string.Join(", ", tensor.Shape)}] of {tensor.Type.StoredName()} needs {tensor.GetByteLength()}.");
            }
        }
    }
}

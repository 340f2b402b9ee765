using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace OutlierQuant.Checkpoints.Safetensors;

/// <summary>The validated header of a safetensors file.</summary>
/// <remarks>
/// <para>The file is: header length (8 bytes, little-endian), header (JSON, may end in spaces), buffer. The header maps each
/// tensor's name to <c>dtype</c>, <c>shape</c> and <c>data_offsets</c> [begin, end) in the buffer, and <c>__metadata__</c> to a
/// map of strings. The tensors cover the buffer without holes and without overlap.</para>
/// <para>Checks run in the order of the bytes, and each before anything is allocated on its behalf.</para>
/// </remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The name in the header that holds the metadata and cannot name a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>The size of the header length at the start of the file, in bytes.</summary>
    public const int LengthBytes = 8;

    /// <summary>The largest header that is read or written, in bytes.</summary>
    public const int MaximumBytes = 100_000_000;

    private SafetensorsHeader(long bufferOffset, IReadOnlyList<TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        BufferOffset = bufferOffset;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>Gets the place of the buffer in the file, in bytes.</summary>
    public long BufferOffset { get; }

    /// <summary>Gets the tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>Gets the free-form strings of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads and validates the header.</summary>
    /// <exception cref="CheckpointFormatException">A rule of the format is broken.</exception>
    public static SafetensorsHeader Read(MappedFile file)
    {
        ReadOnlySpan<byte> json = HeaderBytes(file);
        long bufferLength = file.Length - LengthBytes - json.Length;
        SafetensorsHeaderParser parser = new(file.Path, json, bufferLength);
        parser.Parse();
        parser.Tensors.Sort(static (left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        RequireFullCover(file, parser.Tensors, LengthBytes + json.Length, bufferLength);
        return new SafetensorsHeader(LengthBytes + json.Length, parser.Tensors, parser.Metadata);
    }

    private static ReadOnlySpan<byte> HeaderBytes(MappedFile file)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, LengthBytes));
        if (length > MaximumBytes)
        {
            throw new CheckpointFormatException(file.Path, 0, $"the header length is {length} bytes; at most {MaximumBytes} are allowed (is this a safetensors file?)");
        }

        long available = file.Length - LengthBytes;
        if ((long)length > available)
        {
            throw new CheckpointFormatException(file.Path, 0, $"the header length is {length} bytes, but only {available} follow it; the file is cut short or is not a safetensors file");
        }

        ReadOnlySpan<byte> json = file.Bytes(LengthBytes, (int)length);
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            string found = json.IsEmpty ? "the header is empty" : $"the header starts with byte 0x{json[0]:x2}";
            throw new CheckpointFormatException(file.Path, LengthBytes, $"{found}; it must start with '{{'");
        }

        if (!Utf8.IsValid(json))
        {
            throw new CheckpointFormatException(file.Path, LengthBytes + FirstInvalidByte(json), "the header is not valid UTF-8; its JSON must be");
        }

        return json;
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        int position = 0;
        while (Rune.DecodeFromUtf8(text[position..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
        {
            position += consumed;
        }

        return position;
    }

    private static void RequireFullCover(MappedFile file, List<TensorEntry> tensors, long bufferOffset, long bufferLength)
    {
        long covered = 0;
        string before = "the start of the buffer";
        foreach (TensorEntry tensor in tensors)
        {
            if (tensor.Begin != covered)
            {
                string problem = tensor.Begin < covered
                    ? $"its bytes begin at {tensor.Begin} of the buffer and overlap {before}, which ends at {covered}; tensors must not share bytes"
                    : $"its bytes begin at {tensor.Begin} of the buffer, leaving a hole after {before}, which ends at {covered}; tensors must leave no holes";
                throw new CheckpointFormatException(file.Path, tensor.HeaderOffset, problem, tensor.Name);
            }

            covered = tensor.End;
            before = $"tensor {Quotation.Of(tensor.Name)}";
        }

        if (covered != bufferLength)
        {
            throw new CheckpointFormatException(file.Path, bufferOffset + covered, $"the tensors end {bufferLength - covered} bytes before the end of the file; they must cover the whole buffer");
        }
    }
}

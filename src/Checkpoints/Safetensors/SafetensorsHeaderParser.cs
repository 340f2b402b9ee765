using System.Text;
using System.Text.Json;

namespace OutlierQuant.Checkpoints.Safetensors;

/// <summary>Reads the JSON of a safetensors header token by token, so that nothing is built before it has been checked.</summary>
/// <remarks>Nothing here recurses: a value of the wrong kind is refused at its first token, so endless nesting costs nothing.</remarks>
internal ref struct SafetensorsHeaderParser
{
    /// <summary>The largest number of dimensions; PyTorch and NumPy have the same limit.</summary>
    public const int MaximumRank = 64;

    // Name, entry and shape, and one level more so that the value there can be named in the message.
    private const int DeepestLevel = 4;

    private readonly string _path;
    private readonly ReadOnlySpan<byte> _json;
    private readonly long _bufferLength;
    private readonly HashSet<string> _names = [];
    private Utf8JsonReader _reader;
    private string? _tensor;

    /// <summary>Initializes the parser.</summary>
    /// <param name="path">File, for messages.</param>
    /// <param name="json">The header, valid UTF-8.</param>
    /// <param name="bufferLength">Bytes after the header, in which all tensors must lie.</param>
    public SafetensorsHeaderParser(string path, ReadOnlySpan<byte> json, long bufferLength)
    {
        _path = path;
        _json = json;
        _bufferLength = bufferLength;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DeepestLevel, AllowMultipleValues = true });
    }

    /// <summary>Gets the tensors in the order of the header.</summary>
    public List<TensorEntry> Tensors { get; } = [];

    /// <summary>Gets the metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    private readonly long Position => SafetensorsHeader.LengthBytes + _reader.TokenStartIndex;

    /// <summary>Reads the whole header.</summary>
    public void Parse()
    {
        Next();
        while (Next() == JsonTokenType.PropertyName)
        {
            long offset = Position;
            string name = Text();
            if (!_names.Add(name))
            {
                throw Wrong($"the name {Quotation.Of(name)} appears twice; each name may appear once");
            }

            if (name == SafetensorsHeader.MetadataKey)
            {
                ReadMetadata();
            }
            else
            {
                ReadTensor(name, offset);
            }
        }

        int end = (int)_reader.BytesConsumed;
        int stray = _json[end..].IndexOfAnyExcept((byte)' ');
        if (stray >= 0)
        {
            throw new CheckpointFormatException(_path, SafetensorsHeader.LengthBytes + end + stray, $"byte 0x{_json[end + stray]:x2} follows the header's JSON; only spaces may");
        }
    }

    private void ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, "__metadata__ must be an object of strings");
        while (Next() == JsonTokenType.PropertyName)
        {
            string key = Text();
            long offset = Position;
            Expect(JsonTokenType.String, $"the value of metadata key {Quotation.Of(key)} must be a string");
            if (!Metadata.TryAdd(key, Text()))
            {
                throw new CheckpointFormatException(_path, offset, $"metadata key {Quotation.Of(key)} appears twice; each key may appear once");
            }
        }
    }

    private void ReadTensor(string name, long offset)
    {
        _tensor = name;
        Expect(JsonTokenType.StartObject, "an entry must be an object of dtype, shape and data_offsets");
        TensorType? type = null;
        long[]? shape = null;
        long[]? range = null;
        while (Next() == JsonTokenType.PropertyName)
        {
            string key = Text();
            if ((key == "dtype" && type is not null) || (key == "shape" && shape is not null) || (key == "data_offsets" && range is not null))
            {
                throw Wrong($"{key} appears twice; each key may appear once");
            }

            switch (key)
            {
                case "dtype":
                    type = ReadType();
                    break;
                case "shape":
                    shape = ReadIntegers("shape", MaximumRank);
                    break;
                case "data_offsets":
                    range = ReadIntegers("data_offsets", 2);
                    break;
                default:
                    throw Wrong($"the entry has the key {Quotation.Of(key)}; only dtype, shape and data_offsets are allowed");
            }
        }

        Tensors.Add(Checked(name, offset, type ?? throw Missing("dtype"), shape ?? throw Missing("shape"), range ?? throw Missing("data_offsets")));
        _tensor = null;
    }

    private readonly TensorEntry Checked(string name, long offset, TensorType type, long[] shape, long[] range)
    {
        if (range.Length != 2 || range[0] > range[1] || range[1] > _bufferLength)
        {
            throw WrongEntry(offset, $"data_offsets is [{string.Join(", ", range)}]; it must be [begin, end] with begin ≤ end ≤ {_bufferLength}, the size of the buffer");
        }

        long needed;
        try
        {
            needed = type.ByteSize();
            foreach (long dimension in shape)
            {
                needed = checked(needed * dimension);
            }
        }
        catch (OverflowException overflow)
        {
            throw new CheckpointFormatException(_path, offset, $"the shape [{string.Join(", ", shape)}] of {type.StoredName()} needs more than {long.MaxValue} bytes; it must fit in the file", _tensor, overflow);
        }

        if (needed != range[1] - range[0])
        {
            throw WrongEntry(offset, $"the shape [{string.Join(", ", shape)}] of {type.StoredName()} needs {needed} bytes, but data_offsets [{range[0]}, {range[1]}] has {range[1] - range[0]}; they must agree");
        }

        return new TensorEntry(name, type, shape, range[0], range[1], offset);
    }

    private TensorType ReadType()
    {
        Expect(JsonTokenType.String, "dtype must be a string");
        string name = Text();
        return TensorTypeExtensions.TryParse(name, out TensorType type)
            ? type
            : throw Wrong($"dtype is {Quotation.Of(name)}; the types read here are {TensorTypeExtensions.AllNames}");
    }

    private long[] ReadIntegers(string key, int most)
    {
        Expect(JsonTokenType.StartArray, $"{key} must be an array of whole numbers");
        List<long> values = [];
        while (Next() != JsonTokenType.EndArray)
        {
            // A sign is refused as well: "-0" would otherwise pass as 0.
            if (_reader.TokenType != JsonTokenType.Number || _reader.ValueSpan[0] == (byte)'-' || !_reader.TryGetInt64(out long value))
            {
                throw Wrong($"{key}[{values.Count}] is {Token()}; a whole number from 0 to {long.MaxValue} is required");
            }

            if (values.Count == most)
            {
                throw Wrong($"{key} has more than {most} numbers; at most {most} are allowed");
            }

            values.Add(value);
        }

        return [.. values];
    }

    private JsonTokenType Next()
    {
        try
        {
            if (!_reader.Read())
            {
                throw new CheckpointFormatException(_path, SafetensorsHeader.LengthBytes + _json.Length, "the header's JSON ends too early; it must be one object", _tensor);
            }
        }
        catch (JsonException error)
        {
            throw new CheckpointFormatException(_path, SafetensorsHeader.LengthBytes + _reader.BytesConsumed, "the header is not valid JSON here; it must be one object", _tensor, error);
        }

        return _reader.TokenType;
    }

    private void Expect(JsonTokenType type, string rule)
    {
        if (Next() != type)
        {
            throw Wrong($"{Token()} was read; {rule}");
        }
    }

    private readonly string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointFormatException(_path, Position, "a string has half of a surrogate pair; strings must be Unicode text", _tensor, error);
        }
    }

    private readonly string Token() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => Quotation.Of(Text()),
        _ => Quotation.Escape(Encoding.UTF8.GetString(_reader.ValueSpan)),
    };

    private readonly CheckpointFormatException Missing(string key) => Wrong($"the entry has no {key}; dtype, shape and data_offsets are required");

    private readonly CheckpointFormatException Wrong(string problem) => WrongEntry(Position, problem);

    private readonly CheckpointFormatException WrongEntry(long offset, string problem) => new(_path, offset, problem, _tensor);
}

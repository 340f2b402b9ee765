using System.Text;
using System.Text.Json;

namespace OutlierQuant.Checkpoints.Json;

/// <summary>Builds a tree of <see cref="JsonItem"/> from the bytes of a file.</summary>
internal ref struct JsonItemReader
{
    private const int DeepestLevel = 32;

    private readonly string _path;
    private Utf8JsonReader _reader;

    private JsonItemReader(string path, ReadOnlySpan<byte> json)
    {
        _path = path;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DeepestLevel });
    }

    /// <summary>Reads one JSON value and refuses anything after it but white space.</summary>
    /// <exception cref="CheckpointFormatException">The bytes are not JSON, nest deeper than 32 levels, or repeat a key.</exception>
    public static JsonItem Read(string path, ReadOnlySpan<byte> json)
    {
        JsonItemReader reader = new(path, json);
        reader.Next();
        JsonItem root = reader.ReadValue(null, "");
        reader.Next();
        return root;
    }

    private JsonItem ReadValue(JsonItem? parent, string keyInParent)
    {
        JsonItem item = new()
        {
            FilePath = _path,
            Parent = parent,
            Key = keyInParent,
            ByteOffset = _reader.TokenStartIndex,
            Kind = KindOf(_reader.TokenType),
            Text = _reader.TokenType switch
            {
                JsonTokenType.String => Text(),
                JsonTokenType.Number => Encoding.UTF8.GetString(_reader.ValueSpan),
                _ => "",
            },
        };

        if (item.Kind == JsonValueKind.Array)
        {
            while (Next() && _reader.TokenType != JsonTokenType.EndArray)
            {
                item.Elements ??= [];
                item.Elements.Add(ReadValue(item, $"[{item.Elements.Count}]"));
            }
        }
        else if (item.Kind == JsonValueKind.Object)
        {
            while (Next() && _reader.TokenType != JsonTokenType.EndObject)
            {
                string key = Text();
                long offset = _reader.TokenStartIndex;
                Next();
                item.Members ??= [];
                if (!item.Members.TryAdd(key, ReadValue(item, key)))
                {
                    throw new CheckpointFormatException(_path, offset, $"the key '{item.Join(key)}' appears twice; each key may appear once");
                }
            }
        }

        return item;
    }

    private bool Next()
    {
        try
        {
            return _reader.Read();
        }
        catch (JsonException error)
        {
            throw new CheckpointFormatException(_path, _reader.BytesConsumed, "the file is not valid JSON here, or nests too deep; one JSON object is required", null, error);
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
            throw new CheckpointFormatException(_path, _reader.TokenStartIndex, "a string is not valid UTF-8 or has half of a surrogate pair; strings must be Unicode text", null, error);
        }
    }

    private static JsonValueKind KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => JsonValueKind.Object,
        JsonTokenType.StartArray => JsonValueKind.Array,
        JsonTokenType.String => JsonValueKind.String,
        JsonTokenType.Number => JsonValueKind.Number,
        JsonTokenType.True => JsonValueKind.True,
        JsonTokenType.False => JsonValueKind.False,
        _ => JsonValueKind.Null,
    };
}

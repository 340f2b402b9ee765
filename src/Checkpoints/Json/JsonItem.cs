using System.Globalization;
using System.Text.Json;

namespace OutlierQuant.Checkpoints.Json;

/// <summary>A value of a JSON file that knows its place, so that every complaint about it can name file, byte and key.</summary>
internal sealed class JsonItem
{
    private static readonly OrderedDictionary<string, JsonItem> NoMembers = [];

    /// <summary>Gets the file that holds the value.</summary>
    public required string FilePath { get; init; }

    /// <summary>Gets the place of the value's first byte in the file.</summary>
    public required long ByteOffset { get; init; }

    /// <summary>Gets the kind of the value.</summary>
    public required JsonValueKind Kind { get; init; }

    /// <summary>Gets the text of a string, or the digits of a number as they stand in the file.</summary>
    public string Text { get; init; } = "";

    /// <summary>Gets the object or array that holds this value, or null for the root.</summary>
    public JsonItem? Parent { get; init; }

    /// <summary>Gets the key of this value in an object, or its index in an array in brackets.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets the keys that lead to the value, for example <c>rope_scaling.factor</c>. Empty for the root.</summary>
    public string KeyPath => Parent?.Join(Key) ?? "";

    /// <summary>Gets whether the value is <c>null</c>.</summary>
    public bool IsNull => Kind == JsonValueKind.Null;

    /// <summary>Gets the members of an object, in the order of the file. Any other kind is an error.</summary>
    public IReadOnlyDictionary<string, JsonItem> Properties => RequireKind(JsonValueKind.Object).Members ?? NoMembers;

    /// <summary>Gets the elements of an array. Any other kind is an error.</summary>
    public IReadOnlyList<JsonItem> Items => RequireKind(JsonValueKind.Array).Elements ?? [];

    internal OrderedDictionary<string, JsonItem>? Members { get; set; }

    internal List<JsonItem>? Elements { get; set; }

    /// <summary>Reads a file that holds one JSON object.</summary>
    /// <exception cref="CheckpointFormatException">The file is longer, or is not one JSON object with distinct keys.</exception>
    public static JsonItem ReadFile(string path, long maximumBytes)
    {
        long length = new FileInfo(path).Length;
        if (length > maximumBytes)
        {
            throw new CheckpointFormatException(path, maximumBytes, $"the file has {length} bytes; at most {maximumBytes} are allowed");
        }

        return JsonItemReader.Read(path, File.ReadAllBytes(path)).RequireKind(JsonValueKind.Object);
    }

    /// <summary>Gets a member of an object that may be absent or <c>null</c>; both give null.</summary>
    public JsonItem? Find(string key) => Properties.TryGetValue(key, out JsonItem? item) && !item.IsNull ? item : null;

    /// <summary>Gets a member of an object that must be there; it may be <c>null</c>.</summary>
    public JsonItem RequireKey(string key) => Properties.TryGetValue(key, out JsonItem? item) ? item : throw Wrong($"there is no {Join(key)}; it is required");

    /// <summary>Gets a member of an object that must be there and not <c>null</c>.</summary>
    public JsonItem Require(string key)
    {
        JsonItem item = RequireKey(key);
        return item.IsNull ? throw item.Wrong($"{item.KeyPath} is null; a value is required") : item;
    }

    /// <summary>Refuses members of an object that are not understood.</summary>
    public void RefuseKeysExcept(params ReadOnlySpan<string> known)
    {
        foreach ((string key, JsonItem item) in Properties)
        {
            if (!known.Contains(key))
            {
                throw item.Wrong($"the key '{Join(key)}' is not known; the known keys are {string.Join(", ", known!)}");
            }
        }
    }

    /// <summary>Returns this value if it is of the kind, and throws otherwise.</summary>
    public JsonItem RequireKind(JsonValueKind kind) => Kind == kind ? this : throw Needs(kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        _ => "a number",
    });

    /// <summary>Gets a string.</summary>
    public string AsText() => RequireKind(JsonValueKind.String).Text;

    /// <summary>Gets a truth value.</summary>
    public bool AsBoolean() => Kind is JsonValueKind.True or JsonValueKind.False ? Kind == JsonValueKind.True : throw Needs("true or false");

    /// <summary>Gets a whole number in a range. It may be written as a float without a fraction, such as <c>4096.0</c>.</summary>
    public int AsInteger(int minimum, int maximum)
    {
        int point = Text.IndexOf('.', StringComparison.Ordinal);
        bool hasFraction = point >= 0 && Text.AsSpan(point + 1).ContainsAnyExcept('0');
        string digits = point < 0 || hasFraction ? Text : Text[..point];
        return Kind == JsonValueKind.Number
            && int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            && value >= minimum && value <= maximum
            ? value
            : throw Needs($"a whole number from {minimum} to {maximum}");
    }

    /// <summary>Gets a number in a range, both ends included.</summary>
    public double AsNumber(double minimum, double maximum)
    {
        double value = Kind == JsonValueKind.Number ? double.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture) : double.NaN;
        return value >= minimum && value <= maximum
            ? value
            : throw Needs(string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"));
    }

    /// <summary>Gets a finite number, rounded once to <see cref="float"/>.</summary>
    public float AsSingle()
    {
        float value = Kind == JsonValueKind.Number ? float.Parse(Text, NumberStyles.Float, CultureInfo.InvariantCulture) : float.NaN;
        return float.IsFinite(value) ? value : throw Needs("a number in the range of float");
    }

    /// <summary>Gets one of a few words.</summary>
    public string AsOneOf(params ReadOnlySpan<string> words) => Kind == JsonValueKind.String && words.Contains(Text)
        ? Text
        : throw Needs($"one of {string.Join(", ", words!)}");

    /// <summary>Makes an exception that carries this value's place.</summary>
    /// <param name="problem">What is wrong, and after a semicolon what is required, without a full stop.</param>
    public CheckpointFormatException Wrong(string problem) => new(FilePath, ByteOffset, problem);

    /// <summary>Makes an exception that tells this value and what is required instead.</summary>
    public CheckpointFormatException Needs(string requirement) => Wrong($"{(KeyPath.Length == 0 ? "the file" : KeyPath)} is {this}; {requirement} is required");

    /// <summary>Returns the value as it can stand in a message.</summary>
    public override string ToString() => Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => Quotation.Of(Text),
        JsonValueKind.Number => Quotation.Escape(Text),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    /// <summary>Appends a key, as it can stand in a message, to the path of this object or array.</summary>
    public string Join(string key)
    {
        string path = KeyPath;
        return Kind == JsonValueKind.Array ? path + key : path.Length == 0 ? Quotation.Escape(key) : $"{path}.{Quotation.Escape(key)}";
    }
}

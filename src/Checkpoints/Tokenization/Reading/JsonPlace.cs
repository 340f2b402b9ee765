using System.Text.Json;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>A value of a json file together with where it stands, for reading by type and for complaints.</summary>
internal readonly struct JsonPlace
{
    private readonly JsonFile _file;
    private readonly string _parent;
    private readonly Step _step;

    private JsonPlace(JsonFile file, string parent, Step step, JsonElement element)
    {
        _file = file;
        _parent = parent;
        _step = step;
        Element = element;
    }

    /// <summary>Gets the path of the file.</summary>
    public string File => _file.Path;

    /// <summary>Gets the keys and indices that lead here, such as <c>model.merges[3]</c>; empty for the root.</summary>
    /// <remarks>Put together on demand: a vocabulary has a hundred thousand places, of which none may be complained about.</remarks>
    public string Key => _step switch
    {
        { Index: { } index } => $"{_parent}[{index}]",
        { Name: null } => _parent,
        { Name: string name, IsQuoted: true } => $"{_parent}[{Quotation.Of(name)}]",
        { Name: string name } => _parent.Length == 0 ? name : $"{_parent}.{name}",
    };

    /// <summary>Gets the value.</summary>
    public JsonElement Element { get; }

    /// <summary>The root of a file.</summary>
    public static JsonPlace Root(JsonFile file, JsonElement element) => new(file, "", default, element);

    /// <summary>The value of a key, or null where the key is absent or its value is json null.</summary>
    public JsonPlace? Find(string name)
    {
        RequireKind(JsonValueKind.Object, "an object");
        return Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new JsonPlace(_file, Key, new Step(name), value)
            : null;
    }

    /// <summary>The value of a key that must be there.</summary>
    public JsonPlace Require(string name) =>
        Find(name) ?? throw Wrong($"has no value for \"{name}\"; one is required");

    /// <summary>The values of an array.</summary>
    public IEnumerable<JsonPlace> Items()
    {
        RequireKind(JsonValueKind.Array, "an array");
        return ItemsOfArray(_file, Key, Element);
    }

    /// <summary>The entries of an object whose keys are data.</summary>
    /// <param name="required">What the object is, for the message if it is something else.</param>
    public IEnumerable<(string Key, JsonPlace Value)> Entries(string required)
    {
        RequireKind(JsonValueKind.Object, required);
        return EntriesOfObject(_file, Key, Element);
    }

    /// <summary>The value as a string.</summary>
    public string Text()
    {
        RequireKind(JsonValueKind.String, "a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw Wrong("holds a lone surrogate; text is required", exception);
        }
    }

    /// <summary>The value as a truth value.</summary>
    public bool Flag() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? Element.GetBoolean()
        : throw Wrong($"is {Describe()}; true or false is required");

    /// <summary>The value as an integer in a closed range.</summary>
    public int Integer(int smallest, int largest)
    {
        if (Element.ValueKind != JsonValueKind.Number || !Element.TryGetInt32(out int value) || value < smallest || value > largest)
        {
            throw Wrong($"is {Describe()}; an integer from {smallest} to {largest} is required");
        }

        return value;
    }

    /// <summary>The flag under a key, or a default where it is absent or null.</summary>
    public bool FlagOr(string name, bool absent) => Find(name)?.Flag() ?? absent;

    /// <summary>Refuses a value of another json type.</summary>
    public void RequireKind(JsonValueKind kind, string required)
    {
        if (Element.ValueKind != kind)
        {
            throw Wrong($"is {Describe()}; {required} is required");
        }
    }

    /// <summary>An exception that carries this place.</summary>
    /// <param name="problem">What was read and what is required, following the key's name in the sentence.</param>
    /// <param name="cause">The error that revealed it, or null.</param>
    public CheckpointFormatException Wrong(string problem, Exception? cause = null)
    {
        string subject = Key.Length == 0 ? "the file" : $"\"{Key}\"";
        return new CheckpointFormatException(_file.Path, _file.OffsetOf(Element), $"{subject} {problem}", null, cause);
    }

    private static IEnumerable<JsonPlace> ItemsOfArray(JsonFile file, string key, JsonElement array)
    {
        int index = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            yield return new JsonPlace(file, key, new Step(Index: index++), item);
        }
    }

    private static IEnumerable<(string Key, JsonPlace Value)> EntriesOfObject(JsonFile file, string key, JsonElement value)
    {
        // Opening the file has compared all keys as text, so they are text.
        foreach (JsonProperty property in value.EnumerateObject())
        {
            yield return (property.Name, new JsonPlace(file, key, new Step(property.Name, IsQuoted: true), property.Value));
        }
    }

    private string Describe() => Element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Null => "null",
        JsonValueKind.String => Quotation.Of(Element.GetRawText().Trim('"')),
        _ => Quotation.Of(Element.GetRawText()).Trim('\''),
    };

    private readonly record struct Step(string? Name = null, int? Index = null, bool IsQuoted = false);
}

using System.Buffers.Binary;
using System.Text.Json;

namespace OutlierQuant.Models.Tests.Plain;

/// <summary>A second reader of checkpoints that shares no code with the product: config.json, and every tensor as binary64.</summary>
internal sealed class PlainCheckpoint
{
    private readonly Dictionary<string, double[]> _tensors = [];
    private readonly JsonElement _config;

    public PlainCheckpoint(string directory)
    {
        _config = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "config.json"))).RootElement;
        byte[] file = File.ReadAllBytes(Path.Combine(directory, "model.safetensors"));
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        JsonElement header = JsonDocument.Parse(file.AsMemory(8, headerLength)).RootElement;
        foreach (JsonProperty entry in header.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            JsonElement offsets = entry.Value.GetProperty("data_offsets");
            byte[] bytes = file[(8 + headerLength + offsets[0].GetInt32())..(8 + headerLength + offsets[1].GetInt32())];
            _tensors[entry.Name] = Decode(bytes, entry.Value.GetProperty("dtype").GetString()!);
        }
    }

    public string Architecture => _config.GetProperty("architectures")[0].GetString()!;

    public double[] this[string name] => _tensors[name];

    public bool Has(string name) => _tensors.ContainsKey(name);

    public int Int(string key) => _config.GetProperty(key).GetInt32();

    public double Double(string key) => _config.GetProperty(key).GetDouble();

    public string Text(string key) => _config.GetProperty(key).GetString()!;

    public bool Flag(string key) => _config.GetProperty(key).GetBoolean();

    public JsonElement? Find(string key) =>
        _config.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static double[] Decode(byte[] bytes, string type)
    {
        int size = type == "F32" ? 4 : 2;
        double[] values = new double[bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                "F32" => BitConverter.ToSingle(bytes, i * size),
                "F16" => (double)BitConverter.ToHalf(bytes, i * size),
                "BF16" => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, i * size) << 16),
                _ => throw new InvalidDataException(type),
            };
        }

        return values;
    }
}

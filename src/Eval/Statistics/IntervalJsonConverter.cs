using System.Text.Json;
using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Statistics;

/// <summary>Writes an <see cref="Interval"/> as <c>[low, high]</c>.</summary>
public sealed class IntervalJsonConverter : JsonConverter<Interval>
{
    /// <inheritdoc/>
    public override Interval Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var low = ReadNext(ref reader, JsonTokenType.StartArray);
        var high = ReadNext(ref reader, JsonTokenType.Number);
        return reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? new Interval(low, high)
            : throw new JsonException("An interval is an array of two numbers, the low end first.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Interval value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Low);
        writer.WriteNumberValue(value.High);
        writer.WriteEndArray();
    }

    private static double ReadNext(ref Utf8JsonReader reader, JsonTokenType current) =>
        reader.TokenType == current && reader.Read() && reader.TokenType == JsonTokenType.Number
            ? reader.GetDouble()
            : throw new JsonException("An interval is an array of two numbers, the low end first.");
}

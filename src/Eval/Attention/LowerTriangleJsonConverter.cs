using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Attention;

/// <summary>Writes a <see cref="LowerTriangle"/> with four decimals and one line for each row, because a picture has thousands of numbers.</summary>
public sealed class LowerTriangleJsonConverter : JsonConverter<LowerTriangle>
{
    /// <inheritdoc/>
    public override LowerTriangle Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Require(reader.TokenType == JsonTokenType.StartArray);
        var rows = new List<double[]>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            var row = new List<double>();
            while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            {
                row.Add(reader.GetDouble());
            }

            Require(reader.TokenType == JsonTokenType.EndArray && row.Count == rows.Count + 1);
            rows.Add([.. row]);
        }

        Require(reader.TokenType == JsonTokenType.EndArray);
        return new LowerTriangle(rows);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LowerTriangle value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStartArray();
        foreach (var row in value.Rows)
        {
            writer.WriteRawValue("[" + string.Join(',', row.Select(number => number.ToString("0.####", CultureInfo.InvariantCulture))) + "]");
        }

        writer.WriteEndArray();
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new JsonException("A triangle is an array of rows of numbers, the first with one number and each with one more than the row before.");
        }
    }
}

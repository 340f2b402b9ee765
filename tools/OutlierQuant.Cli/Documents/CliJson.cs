using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Cli.Documents;

/// <summary>The serializers of the documents that only the command line makes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(TokenClassJsonConverter)], WriteIndented = true)]
[JsonSerializable(typeof(DevicesDocument))]
[JsonSerializable(typeof(GenerateDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(LogitsDocument))]
[JsonSerializable(typeof(QuantizeDocument))]
[JsonSerializable(typeof(TrainDocument))]
internal sealed partial class CliJson : JsonSerializerContext;

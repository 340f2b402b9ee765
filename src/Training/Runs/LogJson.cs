using System.Text.Json.Serialization;

namespace OutlierQuant.Training.Runs;

/// <summary>The serializer of <c>log.jsonl</c>: a document a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LogLine))]
internal sealed partial class LogJson : JsonSerializerContext;

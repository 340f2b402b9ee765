using System.Text.Json.Serialization;

namespace OutlierQuant.Training.Runs;

/// <summary>Serializers of a run's records: camelCase keys, unknown and missing ones refused; the same numbers give the same bytes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(TrainingHistory))]
public sealed partial class TrainingJson : JsonSerializerContext;

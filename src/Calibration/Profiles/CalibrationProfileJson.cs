using System.Text.Json.Serialization;

namespace OutlierQuant.Calibration.Profiles;

/// <summary>How a <see cref="CalibrationProfile"/> is written: camelCase, indented, unknown, missing and repeated keys refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(TokenClassJsonConverter)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(CalibrationProfile))]
internal sealed partial class CalibrationProfileJson : JsonSerializerContext;

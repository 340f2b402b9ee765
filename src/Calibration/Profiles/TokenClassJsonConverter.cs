using System.Text.Json;
using System.Text.Json.Serialization;

namespace OutlierQuant.Calibration.Profiles;

/// <summary>Writes a token class as its name: "bos", "first", "delimiter", "other". A number is refused.</summary>
public sealed class TokenClassJsonConverter() : JsonStringEnumConverter<TokenClass>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

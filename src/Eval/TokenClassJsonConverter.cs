using System.Text.Json;
using System.Text.Json.Serialization;
using OutlierQuant.Calibration;

namespace OutlierQuant.Eval;

/// <summary>Writes a token class as the profile does: "bos", "first", "delimiter", "other".</summary>
internal sealed class TokenClassJsonConverter() : JsonStringEnumConverter<TokenClass>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Attention;

/// <summary>What makes a key a sink.</summary>
public enum SinkKind
{
    /// <summary>Its place: position 0, whatever the token.</summary>
    [JsonStringEnumMemberName("position0")]
    PositionZero,

    /// <summary>It is the first delimiter of its window.</summary>
    [JsonStringEnumMemberName("firstDelimiter")]
    FirstDelimiter,

    /// <summary>Its token, at any position but 0.</summary>
    [JsonStringEnumMemberName("token")]
    Token,
}

using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Certification;

/// <summary>What a group of massive coordinates can be evidence of.</summary>
public enum TargetKind
{
    /// <summary>Coordinates of a leading BOS. It attends to itself alone, so they are constants of the weights: no evidence.</summary>
    [JsonStringEnumMemberName("bos")]
    Bos,

    /// <summary>Coordinates of other tokens in windows that begin with BOS.</summary>
    [JsonStringEnumMemberName("besideBos")]
    BesideBos,

    /// <summary>Coordinates in windows without BOS, those of the first token included, which differs from window to window.</summary>
    [JsonStringEnumMemberName("withoutBos")]
    WithoutBos,
}

using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Certification;

/// <summary>What a certificate says of massive activations.</summary>
public enum CertificateLevel
{
    /// <summary>Every criterion that can be tested says yes.</summary>
    [JsonStringEnumMemberName("inputIndependent")]
    InputIndependent,

    /// <summary>Neither of the others.</summary>
    [JsonStringEnumMemberName("partly")]
    Partly,

    /// <summary>At least half of the criteria that can be tested say no.</summary>
    [JsonStringEnumMemberName("not")]
    Not,

    /// <summary>There is no evidence but what causality makes constant, or too little of it.</summary>
    [JsonStringEnumMemberName("notTestable")]
    NotTestable,
}

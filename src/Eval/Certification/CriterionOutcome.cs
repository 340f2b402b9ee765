using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Certification;

/// <summary>What one number says about input-independence.</summary>
public enum CriterionOutcome
{
    /// <summary>It is at or beyond the threshold for yes.</summary>
    [JsonStringEnumMemberName("yes")]
    Yes,

    /// <summary>It is between both thresholds.</summary>
    [JsonStringEnumMemberName("between")]
    Between,

    /// <summary>It is beyond the threshold for no.</summary>
    [JsonStringEnumMemberName("no")]
    No,

    /// <summary>There is no such number here.</summary>
    [JsonStringEnumMemberName("notTestable")]
    NotTestable,
}

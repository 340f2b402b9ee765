using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Attention;

/// <summary>How often the queries of a head are parked on the sinks: whether it does nothing most of the time.</summary>
/// <remarks>Guo et al., "Active-Dormant Attention Heads", arXiv:2410.13835, call a head dormant on a text where it attends to the sink.</remarks>
public enum HeadClass
{
    /// <summary>At least <see cref="HeadAttention.MostlyParked"/> of the queries are parked.</summary>
    [JsonStringEnumMemberName("dormant")]
    Dormant,

    /// <summary>Some queries are parked and some are not: the head works for some tokens.</summary>
    [JsonStringEnumMemberName("mixed")]
    Mixed,

    /// <summary>At most <see cref="HeadAttention.HardlyParked"/> of the queries are parked.</summary>
    [JsonStringEnumMemberName("active")]
    Active,
}

using System.Text.Json.Serialization;

namespace OutlierQuant.Benchmarks;

/// <summary>What an implementation does about outlier channels.</summary>
public enum OutlierArm
{
    /// <summary>Nothing: they are rounded like all others.</summary>
    [JsonStringEnumMemberName("naive")]
    Naive,

    /// <summary>A fixed list of channels, known beforehand, stays in float.</summary>
    [JsonStringEnumMemberName("preserving")]
    Preserving,

    /// <summary>Every call searches its activations for outlier channels, gathers them and their weight columns, and multiplies those in float, as LLM.int8() does (Dettmers et al. 2022, arXiv:2208.07339).</summary>
    [JsonStringEnumMemberName("searching")]
    Searching,
}

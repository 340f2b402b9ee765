using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Where a spike comes from. Shares are of its peak, the largest magnitude on its way from the embedding to the last block.</summary>
public enum SpikeOrigin
{
    /// <summary>There is no spike: no coordinate reaches the smallest ratio.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>The embedding holds at least half of the peak.</summary>
    [JsonStringEnumMemberName("embedding")]
    Embedding,

    /// <summary>One block adds at least half of the peak.</summary>
    [JsonStringEnumMemberName("step")]
    Step,

    /// <summary>Neither: several blocks build it up.</summary>
    [JsonStringEnumMemberName("gradual")]
    Gradual,
}

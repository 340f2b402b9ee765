using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Interventions;

/// <summary>What is done to values of one block's output, at every token that holds a massive value.</summary>
/// <remarks>Sun et al., "Massive Activations in Large Language Models", arXiv:2402.17762, table 3, with two controls beside theirs.</remarks>
public enum Intervention
{
    /// <summary>Each massive value becomes 0.</summary>
    [JsonStringEnumMemberName("zero")]
    Zero,

    /// <summary>Each massive value becomes its coordinate's mean over the calibration text.</summary>
    [JsonStringEnumMemberName("mean")]
    Mean,

    /// <summary>Each massive value keeps its sign and takes the median magnitude of the token's other channels.</summary>
    [JsonStringEnumMemberName("clip")]
    Clip,

    /// <summary>Control: as many channels of the same tokens, drawn at random, become 0.</summary>
    [JsonStringEnumMemberName("zero-random")]
    ZeroRandom,

    /// <summary>Control: as many values of the same tokens, those nearest to the median magnitude, become 0.</summary>
    [JsonStringEnumMemberName("zero-median")]
    ZeroMedian,
}

using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Circuits;

/// <summary>A part that the attention sink may need, and what is done to it; the last three are controls.</summary>
public enum SinkPart
{
    /// <summary>The biases of all queries become 0.</summary>
    [JsonStringEnumMemberName("query-bias")]
    QueryBias,

    /// <summary>Position 0 reads the position table's row of another position.</summary>
    [JsonStringEnumMemberName("first-position")]
    FirstPosition,

    /// <summary>After block 0, position 0 and another exchange their effective positions: the row of the table, and what the MLP of block 0 adds to that row alone.</summary>
    [JsonStringEnumMemberName("effective-position")]
    EffectivePosition,

    /// <summary>No MLP adds anything.</summary>
    [JsonStringEnumMemberName("mlps")]
    Mlps,

    /// <summary>No position reads the position table.</summary>
    [JsonStringEnumMemberName("positions")]
    Positions,

    /// <summary>No key reads the channels that are largest at position 0.</summary>
    [JsonStringEnumMemberName("key-columns")]
    KeyColumns,

    /// <summary>Control: a position other than 0 reads the row of another.</summary>
    [JsonStringEnumMemberName("other-position")]
    OtherPosition,

    /// <summary>Control: two positions other than 0 exchange their effective positions.</summary>
    [JsonStringEnumMemberName("other-effective-position")]
    OtherEffectivePosition,

    /// <summary>Control: no key reads as many other channels, drawn at random.</summary>
    [JsonStringEnumMemberName("random-key-columns")]
    RandomKeyColumns,
}

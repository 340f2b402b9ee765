using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Whether a model needs its massive values.</summary>
/// <remarks>An arm hurts when it costs more than 0.005 nats a token with an interval above 0 (<see cref="Scoring.PairedScore.Hurts"/>). Of once and held, the worse counts.</remarks>
public enum LoadBearingVerdict
{
    /// <summary>Some arm hurts, and zeroing the strict coordinates alone costs at least half of the nats that zeroing them with their companions costs.</summary>
    [JsonStringEnumMemberName("needed")]
    Needed,

    /// <summary>Some arm hurts, but zeroing the strict coordinates alone costs less than half of it: they accompany channels that count more.</summary>
    [JsonStringEnumMemberName("companion")]
    Companion,

    /// <summary>No arm hurts.</summary>
    [JsonStringEnumMemberName("harmless")]
    Harmless,
}

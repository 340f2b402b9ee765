using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Tracing;

/// <summary>What is done to weights of the down projection that writes the spike.</summary>
public enum WeightChange
{
    /// <summary>The one weight becomes 0.</summary>
    [JsonStringEnumMemberName("zero-weight")]
    ZeroWeight,

    /// <summary>The one weight becomes 0, and its mean contribution is added back, a constant for each token class.</summary>
    [JsonStringEnumMemberName("mean-weight")]
    MeanWeight,

    /// <summary>The neuron's whole column becomes 0.</summary>
    [JsonStringEnumMemberName("zero-neuron")]
    ZeroNeuron,

    /// <summary>The neuron's whole column becomes 0, and its mean contribution is added back, a constant vector for each token class.</summary>
    [JsonStringEnumMemberName("mean-neuron")]
    MeanNeuron,

    /// <summary>Control: another weight of the same matrix and of like magnitude becomes 0.</summary>
    [JsonStringEnumMemberName("zero-random-weight")]
    ZeroRandomWeight,
}

using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Calibration;

/// <summary>What the calibration text showed about one model: its massive activations, statistics at every linear input, suggestions.</summary>
/// <remarks>
/// Versioned; written and read as JSON. Equal model, text and options give equal bytes, whatever the
/// number of threads.
/// </remarks>
public sealed record CalibrationProfile
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the document.</summary>
    public required int Version { get; init; }

    /// <summary>Which model it belongs to.</summary>
    public required ModelFingerprint Model { get; init; }

    /// <summary>Which text it was made from.</summary>
    public required CalibrationText Text { get; init; }

    /// <summary>The detector that defines <see cref="Massive"/>.</summary>
    public required MassiveActivationSettings Detector { get; init; }

    /// <summary>What was found, in plain words.</summary>
    public required string Verdict { get; init; }

    /// <summary>Every block's output, in order.</summary>
    public required IReadOnlyList<BlockProfile> Blocks { get; init; }

    /// <summary>The massive coordinates, strongest first; empty when no entry passes the detector.</summary>
    public required IReadOnlyList<CoordinateStatistics> Massive { get; init; }

    /// <summary>The strongest coordinates, each at the block of its largest ratio; empty when some entry passes the detector.</summary>
    public required IReadOnlyList<CoordinateStatistics> Candidates { get; init; }

    /// <summary>Where interventions and residual arms act.</summary>
    public required Onset Onset { get; init; }

    /// <summary>Whether the two halves of the text give the same coordinates; null when there is a single window.</summary>
    public required HalvesAgreement? Agreement { get; init; }

    /// <summary>The findings of the other detectors.</summary>
    public required OtherDetectors OtherDetectors { get; init; }

    /// <summary>The rule behind every suggestion of channels.</summary>
    public required PreservedChannelRule ChannelRule { get; init; }

    /// <summary>Statistics of every distinct linear input, in the model's order, the output head's last.</summary>
    public required IReadOnlyList<LinearInputProfile> LinearInputs { get; init; }

    /// <summary>The first massive block, or the candidates' block when nothing is massive.</summary>
    [JsonIgnore]
    public int FirstMassiveBlock => Onset.Block;

    /// <summary>The coordinates that interventions and residual arms act on: massive, or the candidates when nothing is; strongest first.</summary>
    [JsonIgnore]
    public IReadOnlyList<CoordinateStatistics> Coordinates => Onset.Coordinates;

    /// <summary>Finds the statistics of the input that a linear reads.</summary>
    /// <param name="name">Name of the linear, for example <c>model.layers.0.mlp.down_proj</c>.</param>
    /// <exception cref="ArgumentException">The profile holds no linear of that name.</exception>
    public LinearInputProfile Linear(string name) =>
        LinearInputs.FirstOrDefault(input => input.Linears.Contains(name))
        ?? throw new ArgumentException($"The calibration profile of '{Model.Name}' has no linear '{name}'; it has {LinearInputs.Sum(input => input.Linears.Count)} others. Make the profile again from this model.");
}

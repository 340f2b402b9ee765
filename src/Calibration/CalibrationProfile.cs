using System.Text.Json;
using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Building;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration;

/// <summary>What the calibration text showed about one model: its massive activations, statistics at every linear input, suggestions.</summary>
/// <remarks>
/// Versioned; written and read as JSON. Equal model, text and options give equal bytes, whatever the
/// number of threads.
/// </remarks>
public sealed record CalibrationProfile
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 2;

    /// <summary>Version of the document.</summary>
    public required int Version { get; init; }

    /// <summary>Which model it belongs to.</summary>
    public required ModelFingerprint Model { get; init; }

    /// <summary>Which text it was made from.</summary>
    public required CalibrationText Text { get; init; }

    /// <summary>The detector that defines <see cref="Massive"/>.</summary>
    public required MassiveActivationSettings Detector { get; init; }

    /// <summary>The fold of the model; null, and not in the document, for a model without one. The stream then holds the tokens behind the prefix only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FoldProfile? Fold { get; init; }

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

    /// <summary>Reads a profile.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointFormatException">The file is not a profile of this version; the message names the key and the byte.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CalibrationProfile Load(string path) => ProfileReader.Read(path, File.ReadAllBytes(path));

    /// <summary>Writes the profile beside its place and renames it there.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, CalibrationProfileJson.Default.CalibrationProfile));

    /// <summary>Writes the profile as one JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CalibrationProfileJson.Default.CalibrationProfile);

    /// <summary>Refuses a model that the profile was not made from.</summary>
    /// <param name="model">The model about to be quantized or intervened in.</param>
    /// <exception cref="ArgumentException">The model is another, or another fold of it; the message names both.</exception>
    public void RequireModel(TransformerModel model)
    {
        ModelFingerprint fingerprint = ModelFingerprinter.Of(model);
        if (fingerprint.Sha256 != Model.Sha256)
        {
            throw new ArgumentException(
                $"The calibration profile was made from '{Model.Name}' ({Model.Architecture}, {Model.Parameters} parameters, fingerprint {Model.Sha256[..12]}), but this model is '{fingerprint.Name}' ({fingerprint.Architecture}, {fingerprint.Parameters} parameters, fingerprint {fingerprint.Sha256[..12]}). Make a profile of this model with locate.");
        }

        if (Fold is null ? model.Fold is not null : !Fold.Description.Describes(model.Fold))
        {
            throw new ArgumentException(
                $"The calibration profile was made from '{Model.Name}' {(Fold is null ? "without a fold" : $"folded at {Fold}")}, but this model is {FoldDescription.Name(model.Fold is null ? null : FoldDescription.Of(model.Fold))}. Make the profile of the same fold (locate --fold, with the same options).");
        }
    }
}

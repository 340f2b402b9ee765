using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Quantizers;

/// <summary>What each part of a model becomes, and why: everything that <see cref="Quantizer"/> decides from, and nothing it has to look up elsewhere.</summary>
/// <remarks>The same model, profile and options give the same plan, and the same plan gives the same bytes of json.</remarks>
public sealed record QuantizationPlan
{
    /// <summary>The version of the json that this code writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the json: <see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the name of the <see cref="Quantizers.Scheme"/>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Gets the name of the <see cref="Preservation"/>.</summary>
    public required string Preserve { get; init; }

    /// <summary>Gets how weights become codes: <c>rtn</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Gets how many channels of each linear or block were asked for; null for those that the profile suggests.</summary>
    public required int? Channels { get; init; }

    /// <summary>Gets a value indicating whether the output head is quantized.</summary>
    public required bool IncludeHead { get; init; }

    /// <summary>Gets the text that static scales, channels and means come from; null where none are needed.</summary>
    public required CalibrationText? Calibration { get; init; }

    /// <summary>Gets the prefix that is folded; null, and not in the json, unless <see cref="Preserve"/> says fold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FoldPlan? Fold { get; init; }

    /// <summary>Gets the linears that become codes, in the order of the model.</summary>
    public required IReadOnlyList<LinearPlan> Linears { get; init; }

    /// <summary>Gets the blocks whose output is rounded, in order; empty unless the scheme rounds the residual stream.</summary>
    public required IReadOnlyList<BlockPlan> Blocks { get; init; }

    /// <summary>Gets what stays as it is in the checkpoint.</summary>
    public required IReadOnlyList<UnchangedPart> Unchanged { get; init; }

    /// <summary>Gets the size that the result will have.</summary>
    public required SizeForecast Forecast { get; init; }

    /// <summary>Reads a plan.</summary>
    /// <param name="path">A file written by <see cref="Save"/>.</param>
    /// <exception cref="CheckpointFormatException">The file is not a plan of this version; the message has the json path.</exception>
    public static QuantizationPlan Load(string path) => Plans.PlanFile.Load(path);

    /// <summary>Writes the plan as json, whole or not at all.</summary>
    /// <param name="path">The file to write.</param>
    public void Save(string path) => Plans.PlanFile.Save(this, path);
}

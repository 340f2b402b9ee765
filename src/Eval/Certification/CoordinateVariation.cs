using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Certification;

/// <summary>How constant one coordinate is.</summary>
/// <remarks>A window's value is its entry of largest magnitude among tokens of the class, signed, as in a calibration profile; windows without such a token have none.</remarks>
public sealed record CoordinateVariation
{
    /// <summary>Gets the coordinate.</summary>
    public required CoordinateName Coordinate { get; init; }

    /// <summary>Gets its mean on the first text, which defines it and which the constants of interventions come from.</summary>
    public required double ReferenceMean { get; init; }

    /// <summary>Gets the windows' values on all texts together, at the target's block.</summary>
    public required ValueStatistics OnTexts { get; init; }

    /// <summary>Gets all massive entries on all texts together, at the target's block: those of at least half of <see cref="ReferenceMean"/> in magnitude. Largest entries vary less than these
    /// where many tokens of a window hold one.</summary>
    public required ValueStatistics Entries { get; init; }

    /// <summary>Gets the share of the windows' values on texts whose magnitude is at least half of that of <see cref="ReferenceMean"/>; null without values.</summary>
    public required double? HoldShare { get; init; }

    /// <summary>Gets the windows' values on every source by itself, at the target's block.</summary>
    public required IReadOnlyList<SourceValue> BySource { get; init; }

    /// <summary>Gets the windows' values on all texts together, at every block. Shape <c>[blocks]</c>.</summary>
    public required IReadOnlyList<ValueStatistics> ByBlock { get; init; }

    /// <summary>Gets the larger coefficient of variation, of the windows' values or of all massive entries; null where neither has one. Not in json.</summary>
    [JsonIgnore]
    public double? Variation => new[] { OnTexts.CoefficientOfVariation, Entries.CoefficientOfVariation }.Max();
}

using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Interventions;

namespace OutlierQuant.Eval.Certification;

/// <summary>A group of coordinates to certify.</summary>
/// <param name="Kind">What it can be evidence of.</param>
/// <param name="IsMassive">Whether it passes the detector.</param>
/// <param name="Block">The block at whose output the coordinates are.</param>
/// <param name="Reason">How it was chosen.</param>
/// <param name="Coordinates">The coordinates with their means on the first text.</param>
internal sealed record TargetChoice(TargetKind Kind, bool IsMassive, int Block, string Reason, IReadOnlyList<InterventionCoordinate> Coordinates)
{
    /// <summary>Gets whether the group is evidence: a leading BOS is constant by causality.</summary>
    public bool IsEvidence => Kind != TargetKind.Bos;

    /// <summary>Chooses the groups of one reading of the first text.</summary>
    /// <remarks>
    /// The coordinates are those of the profile's onset, those of BOS apart from the rest. Where only BOS is massive at the onset, the rest is what is massive at the first later block where
    /// something else is so in at least half of the windows; and where nothing is massive, there is no rest, because the profile's candidates are those of position 0.
    /// </remarks>
    /// <param name="profile">The first text's profile.</param>
    public static IReadOnlyList<TargetChoice> From(CalibrationProfile profile)
    {
        var onset = profile.Onset;
        if (!profile.Text.Bos)
        {
            return onset.Coordinates.Count == 0 ? [] : [Of(TargetKind.WithoutBos, onset.IsMassive, onset.Block, onset.Reason, onset.Coordinates)];
        }

        var choices = new List<TargetChoice>();
        if (Only(TargetKind.Bos, onset.Coordinates) is { Count: > 0 } ofBos)
        {
            choices.Add(Of(TargetKind.Bos, onset.IsMassive, onset.Block, onset.Reason, ofBos));
        }

        if (Only(TargetKind.BesideBos, onset.Coordinates) is { Count: > 0 } beside)
        {
            choices.Add(Of(TargetKind.BesideBos, onset.IsMassive, onset.Block, onset.Reason, beside));
        }
        else if (Only(TargetKind.BesideBos, StableMassive(profile)).GroupBy(found => found.Block).MinBy(group => group.Key) is { } later)
        {
            choices.Add(Of(TargetKind.BesideBos, true, later.Key, "the first block where a coordinate other than those of BOS is massive in at least half of the windows", later));
        }

        return choices;
    }

    /// <summary>Lists the coordinates of the same kind that are massive in at least half of a source's windows, at any block; strongest first.</summary>
    /// <param name="profile">The source's profile.</param>
    public IReadOnlyList<CoordinateName> MassiveIn(CalibrationProfile profile) =>
        [.. Only(Kind, StableMassive(profile)).Select(found => new CoordinateName(found.Channel, found.TokenClass))];

    private static IReadOnlyList<CoordinateStatistics> StableMassive(CalibrationProfile profile) =>
        [.. profile.Massive.Where(found => 2 * found.Windows >= profile.Text.Windows)];

    private static IReadOnlyList<CoordinateStatistics> Only(TargetKind kind, IEnumerable<CoordinateStatistics> coordinates) =>
        [.. coordinates.Where(found => kind == TargetKind.WithoutBos || (found.TokenClass == TokenClass.Bos) == (kind == TargetKind.Bos))];

    private static TargetChoice Of(TargetKind kind, bool isMassive, int block, string reason, IEnumerable<CoordinateStatistics> coordinates) =>
        new(kind, isMassive, block, reason, [.. coordinates.Select(found => new InterventionCoordinate(found.Channel, found.TokenClass, found.Mean))]);
}

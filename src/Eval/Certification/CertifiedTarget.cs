namespace OutlierQuant.Eval.Certification;

/// <summary>A group of massive coordinates and everything that was measured of it.</summary>
public sealed record CertifiedTarget
{
    /// <summary>Gets what the group can be evidence of.</summary>
    public required TargetKind Kind { get; init; }

    /// <summary>Gets whether it counts as evidence: not if it is constant by causality.</summary>
    public required bool IsEvidence { get; init; }

    /// <summary>Gets whether it passes the detector; false for the strongest candidates where nothing does.</summary>
    public required bool IsMassive { get; init; }

    /// <summary>Gets the block at whose output the coordinates are, from 0.</summary>
    public required int Block { get; init; }

    /// <summary>Gets how block and coordinates were chosen, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Gets the coordinates of every source by itself.</summary>
    public required IReadOnlyList<SourceCoordinates> Sources { get; init; }

    /// <summary>Gets how far each pair of sources agrees.</summary>
    public required IReadOnlyList<SourceAgreement> Agreement { get; init; }

    /// <summary>Gets the values of each coordinate.</summary>
    public required IReadOnlyList<CoordinateVariation> Values { get; init; }

    /// <summary>Gets whether what must be constant is; null for groups that need not be.</summary>
    public required CausalityCheck? Causality { get; init; }

    /// <summary>Gets the vectors that every later block reads, the final norm's last.</summary>
    public required IReadOnlyList<VectorAgreement> Vectors { get; init; }

    /// <summary>Gets the value updates of every later head.</summary>
    public required UpdateConstancy Updates { get; init; }

    /// <summary>Gets the interventions.</summary>
    public required InterventionEvidence Interventions { get; init; }

    /// <summary>Gets the criteria; empty for what is no evidence.</summary>
    public required IReadOnlyList<Criterion> Criteria { get; init; }

    /// <summary>Gets what the criteria say together.</summary>
    public required CertificateLevel Level { get; init; }
}

using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Certification;

/// <summary>A certificate of input-independence: whether a model's massive activations are constants that do not depend on the text.</summary>
public sealed record Certificate
{
    /// <summary>The version that this program writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the document.</summary>
    public required int Version { get; init; }

    /// <summary>Gets which model it is about.</summary>
    public required ModelFingerprint Model { get; init; }

    /// <summary>Gets the texts, in the order given.</summary>
    public required IReadOnlyList<CalibrationText> Texts { get; init; }

    /// <summary>Gets the detector, and whether the tokenizer has a BOS.</summary>
    public required MassiveActivationSettings Detector { get; init; }

    /// <summary>Gets the seed of every random choice.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets what the evidence says.</summary>
    public required CertificateLevel Level { get; init; }

    /// <summary>Gets the verdict in one sentence, with its evidence.</summary>
    public required string Verdict { get; init; }

    /// <summary>Gets what the reader must know of it, in sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Gets the groups of coordinates; empty when there is nothing to certify.</summary>
    public required IReadOnlyList<CertifiedTarget> Targets { get; init; }
}

namespace OutlierQuant.Calibration.Profiles;

/// <summary>What the detectors other than the one that defines massive activations found, each with its threshold.</summary>
/// <param name="Prefixquant">Outlier tokens per down projection; see <see cref="Detectors.PrefixQuantDetector"/>.</param>
/// <param name="Qfem">Module scores; see <see cref="Detectors.QfemDetector"/>.</param>
/// <param name="Llmint8">Outlier columns; see <see cref="Detectors.LlmInt8Detector"/>.</param>
/// <param name="Superweight">Weight coordinates; see <see cref="Detectors.SuperWeightDetector"/>.</param>
public sealed record OtherDetectors(
    Findings<PrefixQuantFinding> Prefixquant,
    Findings<QfemFinding> Qfem,
    Findings<LlmInt8Finding> Llmint8,
    Findings<SuperWeightFinding> Superweight);

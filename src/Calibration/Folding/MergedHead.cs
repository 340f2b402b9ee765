namespace OutlierQuant.Calibration.Folding;

/// <summary>How well one constant pair stands for several, in one head.</summary>
/// <param name="Block">0-based block.</param>
/// <param name="Head">0-based key and value head.</param>
/// <param name="KeyResidual">Root mean square over the queries of <c>q·k′/√d − ln Σ_i e^(q·k_i/√d)</c>, in nats.</param>
/// <param name="ValueResidual">Root mean square over the queries of <c>‖v′ − Σ_i π_i v_i‖</c>, as a share of that of <c>‖Σ_i π_i v_i‖</c>.</param>
public sealed record MergedHead(int Block, int Head, double KeyResidual, double ValueResidual);

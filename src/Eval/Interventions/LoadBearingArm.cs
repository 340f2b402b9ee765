using OutlierQuant.Eval.Scoring;

namespace OutlierQuant.Eval.Interventions;

/// <summary>How the model did with values of the massive tokens set to 0.</summary>
/// <param name="WithCompanions">Whether the companions became 0 together with the strict coordinates.</param>
/// <param name="Held">Whether they became 0 again at every later block; otherwise once, where they appear.</param>
/// <param name="EntriesChanged">Values that became 0, over all windows and blocks.</param>
/// <param name="Score">Perplexity, and the paired difference from the untouched model.</param>
public sealed record LoadBearingArm(bool WithCompanions, bool Held, long EntriesChanged, PairedScore Score);

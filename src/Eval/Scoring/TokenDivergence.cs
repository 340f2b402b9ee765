namespace OutlierQuant.Eval.Scoring;

/// <summary>How one token's prediction differs from that of the full-precision model.</summary>
/// <param name="NegativeLogLikelihood"><c>−ln q(target)</c> under the model in question, in nats.</param>
/// <param name="KullbackLeibler"><c>KL(p ‖ q)</c>, p being the full-precision model's distribution, in nats.</param>
/// <param name="TopOneAgrees">Whether both give the largest logit to the same token.</param>
public readonly record struct TokenDivergence(double NegativeLogLikelihood, double KullbackLeibler, bool TopOneAgrees);

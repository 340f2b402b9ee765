namespace OutlierQuant.Eval.Certification;

/// <summary>How alike the normalized vectors of tokens are, as one block reads them: the mean cosine over all pairs of tokens.</summary>
/// <param name="Block">The block whose first norm made them; the number of blocks stands for the final norm.</param>
/// <param name="MassiveTokens">Tokens with a massive value, on all texts.</param>
/// <param name="AtMassive">Their mean cosine; null for fewer than two.</param>
/// <param name="AtMassiveEverywhere">The same with those of shuffled and random tokens.</param>
/// <param name="OtherTokens">All other tokens but those at position 0, on all texts.</param>
/// <param name="Elsewhere">Their mean cosine; null for fewer than two.</param>
public sealed record VectorAgreement(int Block, long MassiveTokens, double? AtMassive, double? AtMassiveEverywhere, long OtherTokens, double? Elsewhere)
{
    /// <summary>Gets the share of tokens that are massive.</summary>
    internal double MassiveShare => (double)MassiveTokens / Math.Max(1, MassiveTokens + OtherTokens);
}

namespace OutlierQuant.Eval.Tracing;

/// <summary>How much the heads of one block attend to the tokens that hold the spike.</summary>
/// <param name="Block">The block, from 0.</param>
/// <param name="Share">Mean of <paramref name="Heads"/>.</param>
/// <param name="HeadsAbove">How many heads reach 0.3, the threshold of Gu et al. (ICLR 2025).</param>
/// <param name="Heads">Of each head, the mean over later tokens that do not hold the spike of the probability on those that do. Shape <c>[heads]</c>.</param>
public sealed record AttendingBlock(int Block, double Share, int HeadsAbove, IReadOnlyList<double> Heads)
{
    /// <summary>The share from which a head counts as attending.</summary>
    internal const double Threshold = 0.3;
}

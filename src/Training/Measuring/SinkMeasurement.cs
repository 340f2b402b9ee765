namespace OutlierQuant.Training.Measuring;

/// <summary>How much attention one key takes, whatever the query: the sink metric of Gu et al., arXiv:2410.10781, section 3.1.</summary>
/// <remarks>α is the mean, over the queries of a window's first 64 tokens that may see the key, of the attention that a head gives it.</remarks>
/// <param name="Share">The share of heads and windows with α above 0.3.</param>
/// <param name="Mean">The mean of α over heads and windows.</param>
/// <param name="ShareOfBlock">The share of each block. Shape <c>[blocks]</c>.</param>
public sealed record SinkMeasurement(double Share, double Mean, IReadOnlyList<double> ShareOfBlock);

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>The values that replace the preserved channels of one block's output.</summary>
/// <param name="AtSink">Value at a sink token. Shape <c>[preservedChannels]</c>.</param>
/// <param name="Elsewhere">Value at any other token. Shape <c>[preservedChannels]</c>.</param>
public sealed record ResidualMeans(IReadOnlyList<float> AtSink, IReadOnlyList<float> Elsewhere);

namespace OutlierQuant.Quantizers;

/// <summary>A channel that is preserved, clipped or replaced, and why.</summary>
/// <param name="Channel">Index into a linear's input or the residual stream.</param>
/// <param name="Reason">Why this channel.</param>
/// <param name="MeanAtSink">What replaces it at a leading BOS; null unless the plan preserves <c>mean</c>.</param>
/// <param name="MeanElsewhere">What replaces it at every other token; null unless the plan preserves <c>mean</c>.</param>
public sealed record ChannelPlan(int Channel, string Reason, float? MeanAtSink, float? MeanElsewhere);

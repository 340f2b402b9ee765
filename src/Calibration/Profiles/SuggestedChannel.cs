namespace OutlierQuant.Calibration.Profiles;

/// <summary>A channel that <see cref="PreservedChannelRule"/> suggests to preserve.</summary>
/// <param name="Channel">Index of the channel.</param>
/// <param name="Reason">Why, in one sentence with its numbers.</param>
public sealed record SuggestedChannel(int Channel, string Reason);
